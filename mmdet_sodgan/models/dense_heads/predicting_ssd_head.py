from mmdet.models.dense_heads import SSDHead
from mmdet.registry import MODELS


@MODELS.register_module()
class PredictingSSDHead(SSDHead):
    """mmdet's SSD head, able to predict.

    Prediction asks every head of MMDetection 3.3.0 for ``loss_cls``, of which
    ``SSDHead`` has none, and fails (open-mmlab/mmdetection, issue 11780). The loss is
    as it was.

    Its arguments are those of ``SSDHead``.
    """

    # A function of its own computes the classification loss.
    loss_cls = None
