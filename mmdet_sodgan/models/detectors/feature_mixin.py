"""A generator that works on the host's features, at the pyramid or on RoIs."""

from mmdet.registry import MODELS
from torch import Tensor

from .gan_mixin import GANMixin
from .part_checks import check_hr_scale, check_neck, check_preprocessor


class FeatureMixin(GANMixin):
    """Builds a generator that fits the host's neck; goes before mmdet's detector.

    Args:
        backbone (dict): Config of the backbone.
        generator (dict): Config of the generator. With a neck, ``in_channels``
            and ``skip_channels`` are taken from it, so that another backbone
            needs no further line.
        neck (dict, optional): Config of the neck.
        **kwargs: Arguments of the host; its ``data_preprocessor`` must be a
            :class:`PairedResolutionPreprocessor`.

    Raises:
        ValueError: Several necks, or another data preprocessor.
    """

    def __init__(
        self, *, backbone: dict, generator: dict, neck: dict | None = None, **kwargs
    ) -> None:
        check_neck(neck)
        super().__init__(backbone=backbone, neck=neck, **kwargs)
        check_preprocessor(self.data_preprocessor)
        self._skip_level = 0 if neck is None else neck.get('start_level', 0)
        self.generator = MODELS.build(self._generator_defaults(neck) | generator)

    def _build_hr_branch(self, cfg: dict | None) -> None:
        super()._build_hr_branch(cfg)
        check_hr_scale(self)

    def _generator_defaults(self, neck: dict | None) -> dict:
        """What the config of the generator may leave out."""
        if neck is None:
            return {}
        return dict(
            in_channels=neck['out_channels'],
            skip_channels=neck['in_channels'][self._skip_level],
        )

    def _host_features(self, images: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Backbone level under the finest level, and the neck's levels."""
        feats = self.backbone(images)
        pyramid = self.neck(feats) if self.with_neck else feats
        return feats[self._skip_level], pyramid
