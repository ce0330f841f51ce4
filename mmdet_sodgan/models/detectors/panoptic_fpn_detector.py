from mmdet.models.detectors import PanopticFPN, TwoStageDetector
from mmdet.registry import MODELS


@MODELS.register_module()
class PanopticFPNDetector(PanopticFPN):
    """Panoptic FPN that predicts instances, to be scored as a detector.

    mmdet's ``PanopticFPN`` returns the fused segments only, without boxes and scores.
    This one trains as that does and predicts as the Mask R-CNN within it:
    ``pred_instances`` with boxes in px of the original image, scores, labels and
    masks.

    Source: Kirillov et al., Panoptic Feature Pyramid Networks, CVPR 2019.

    Its arguments are those of ``PanopticFPN``. The semantic head only shapes the
    features in training; ``panoptic_fusion_head`` is not used.
    """

    predict = TwoStageDetector.predict
    add_pred_to_datasample = TwoStageDetector.add_pred_to_datasample
