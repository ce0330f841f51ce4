import copy
from collections.abc import Sequence

from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import RoISamples
from .part_checks import check_anchors, check_levels, check_roi_head, check_roi_levels
from .pyramid_mixin import PyramidMixin


@MODELS.register_module()
class SODGAN(PyramidMixin, TwoStageDetector):
    """Two-stage detector with a generative and a discriminative part.

    D judges the RoIs that the box head takes from the reconstructed level. Data
    flow and shapes stand at the head of :mod:`.pyramid_mixin`.

    Args:
        rpn_head (dict): Config of the RPN head.
        roi_head (dict): Config of a :class:`SODGANRoIHead`, or of another
            with :class:`JudgedRoIsMixin`.
        composite_loss (dict): Config of :class:`CompositeLoss`.
        discriminator (dict, optional): Config of the discriminator. Not
            built when no term of the composite loss needs it.
            ``num_classes``, ``in_channels`` and ``roi_feat_size`` are the box
            head's when not given.
        hr_branch (dict, optional): Config of :class:`HRBranch`. Not built
            when no term needs z_HR.
        **kwargs: Arguments of :class:`PyramidMixin` and of mmdet's
            ``TwoStageDetector``.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    def __init__(
        self,
        *,
        rpn_head: dict,
        roi_head: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        hr_branch: dict | None = None,
        **kwargs,
    ) -> None:
        check_anchors('rpn_head', rpn_head)
        # The base class edits the config that it is given.
        super().__init__(rpn_head=rpn_head, roi_head=copy.deepcopy(roi_head), **kwargs)
        check_roi_head(self.roi_head)
        check_levels(self, 'rpn_head')
        check_roi_levels(self)
        judged = self.roi_head.describe_judged()
        self._build_gan(judged, composite_loss, discriminator)
        self._build_hr_branch(hr_branch)

    @property
    def level_strides(self) -> Sequence[tuple[int, int]]:
        """Strides (w, h) of all levels in pixels of the LR image, finest first."""
        return self.rpn_head.prior_generator.strides

    @property
    def max_small_side(self) -> float:
        """Side below which RoIs are pooled from the reconstructed level."""
        return 2 * self.roi_head.first_extractor.finest_scale

    def _sample_rois(
        self, z_sr: Tensor, data_samples: list[DetDataSample]
    ) -> RoISamples:
        return self.roi_head.pop_samples()

    def _pool_target(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        return self.roi_head.pool_target(z_hr, rois)
