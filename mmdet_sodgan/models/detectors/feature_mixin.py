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
        """Build the network that sees the HR image, where a term needs it.

        Args:
            cfg (dict, optional): Config of :class:`HRBranch`.
        """
        if (
            self.composite_loss.needs_discriminator
            or self.composite_loss.needs_reconstruction_target
        ):
            self.hr_branch = MODELS.build(
                dict(type='HRBranch') | (cfg or {}),
                default_args=dict(
                    backbone=self.backbone, neck=self.neck if self.with_neck else None
                ),
            )
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

    def _trusts_target(self) -> bool:
        """Whether L_MSE and L_TV may train backbone and neck too.

        A teacher has seen objects at r times their size; the average of a
        network that was trained on LR images has not.
        """
        return self.hr_branch is not None and self.hr_branch.is_teacher
