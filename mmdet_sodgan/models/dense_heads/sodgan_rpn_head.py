from mmdet.models.dense_heads import RPNHead
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class SODGANRPNHead(RPNHead):
    """RPN head that also proposes under bfloat16 autocast.

    The convolutions run in the precision of the context; scores and deltas
    leave in full precision, since mmcv's NMS has no bfloat16 kernel.
    """

    def forward_single(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class.

        Args:
            x (Tensor): One level, ``(N, C, H, W)``.

        Returns:
            tuple[Tensor, Tensor]: Scores ``(N, A, H, W)`` and deltas
            ``(N, 4 * A, H, W)`` of A anchors a position, not in a half type.
        """
        scores, deltas = super().forward_single(x)
        return full_precision(scores), full_precision(deltas)
