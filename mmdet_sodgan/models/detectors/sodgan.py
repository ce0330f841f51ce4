from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS

from .pyramid_place import PyramidPlace


@MODELS.register_module()
class SODGAN(PyramidPlace, TwoStageDetector):
    """Two-stage detector with a generative and a discriminative part.

    D compares the RoIs that the box head takes from the reconstructed level. Data
    flow and shapes stand at the head of :mod:`.pyramid_place`.

    Args:
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``TwoStageDetector``; ``roi_head`` is a :class:`SODGANRoIHead` or
            another with :class:`SampledRoIsMixin`.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    anchor_head = 'rpn_head'

    def _check_parts(self) -> None:
        super()._check_parts()
        self.roi_head.check_levels(
            self.generator.out_stride, self.generator.in_stride, self._is_narrow
        )
