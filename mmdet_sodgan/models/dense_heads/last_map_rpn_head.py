from mmdet.models.dense_heads import RPNHead
from mmdet.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class LastMapRPNHead(RPNHead):
    """mmdet's RPN on the last of several maps that RoIs are pooled from.

    Its arguments are those of ``RPNHead``, for one level.
    """

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], list[Tensor]]:
        """Predict objectness and boxes.

        Args:
            x (tuple[Tensor]): Maps ``(N, C_l, H_l, W_l)``.

        Returns:
            tuple[list[Tensor], list[Tensor]]: Logits ``(N, A, H, W)`` and offsets
            ``(N, 4 * A, H, W)`` of A anchors a cell of the last map.
        """
        return super().forward(x[-1:])
