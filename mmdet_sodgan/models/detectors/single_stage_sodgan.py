import copy
from collections.abc import Sequence

from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import RoISamples
from .part_checks import check_anchors, check_levels
from .pyramid_mixin import PyramidMixin


@MODELS.register_module()
class SingleStageSODGAN(PyramidMixin, SingleStageDetector):
    """Single-stage detector with anchors (RetinaNet) and the reconstructed level.

    There is no RoI head, so D judges small ground-truth boxes. Data flow and
    shapes stand at the head of :mod:`.pyramid_mixin`.

    Args:
        neck (dict): Config of the neck.
        bbox_head (dict): Config of the anchor head.
        composite_loss (dict): Config of :class:`CompositeLoss`.
        discriminator (dict, optional): Config of the discriminator; see
            :class:`SODGAN`.
        judged_rois (dict, optional): Config of :class:`GroundTruthRoIs`;
            ``stride`` and ``num_classes`` are taken from generator and head.
        hr_branch (dict, optional): Config of :class:`HRBranch`.
        **kwargs: Arguments of :class:`PyramidMixin` and of mmdet's
            ``SingleStageDetector``.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    def __init__(
        self,
        *,
        neck: dict,
        bbox_head: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        judged_rois: dict | None = None,
        hr_branch: dict | None = None,
        **kwargs,
    ) -> None:
        check_anchors('bbox_head', bbox_head)
        # The base class edits the config that it is given.
        super().__init__(neck=neck, bbox_head=copy.deepcopy(bbox_head), **kwargs)
        check_levels(self, 'bbox_head')
        self.judged_rois = MODELS.build(
            dict(
                type='GroundTruthRoIs',
                stride=self.generator.out_stride,
                num_classes=self.bbox_head.num_classes,
            )
            | (judged_rois or {})
        )
        judged = dict(
            num_classes=self.bbox_head.num_classes,
            in_channels=neck['out_channels'],
            roi_feat_size=self.judged_rois.roi_feat_size,
        )
        self._build_gan(judged, composite_loss, discriminator)
        self._build_hr_branch(hr_branch)

    @property
    def level_strides(self) -> Sequence[tuple[int, int]]:
        """Strides (w, h) of all levels in pixels of the LR image, finest first."""
        return self.bbox_head.prior_generator.strides

    @property
    def max_small_side(self) -> float:
        """Side below which D judges ground-truth boxes."""
        return self.judged_rois.max_side

    def _sample_rois(
        self, z_sr: Tensor, data_samples: list[DetDataSample]
    ) -> RoISamples:
        return self.judged_rois.sample(z_sr, data_samples)

    def _pool_target(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        return self.judged_rois.pool_target(z_hr, rois)
