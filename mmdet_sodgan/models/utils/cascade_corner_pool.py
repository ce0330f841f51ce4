import torch.nn as nn
from mmcv.cnn import ConvModule
from mmcv.ops import CornerPool
from mmdet.models.dense_heads.corner_head import BiCornerPool
from torch import Tensor

NORM = dict(type='BN')


class CascadeCornerPool(BiCornerPool):
    """Corner pooling that has looked into the object before.

    Before the pool along one border of a box, features get the maximum across that
    border. The rest is mmdet's ``BiCornerPool``: maps ``(N, C, H, W)`` keep their
    shape.

    Source: Duan et al., CenterNet: Keypoint Triplets for Object Detection, ICCV 2019,
    section 3.4 and figure 5 (b).

    Args:
        channels (int): ``C``.
        directions (list[str]): ``['top', 'left']`` or ``['bottom', 'right']``.
    """

    def __init__(self, channels: int, directions: list[str]) -> None:
        super().__init__(channels, directions, out_channels=channels)
        first, second = directions
        pooled = self.direction1_conv.out_channels
        self.direction1_conv = _Inward(channels, pooled, second)
        self.direction2_conv = _Inward(channels, pooled, first)


class _Inward(nn.Module):
    """Features to which the maximum in one direction has been added."""

    def __init__(self, channels: int, pooled: int, direction: str) -> None:
        super().__init__()
        self.border, self.inside = (
            ConvModule(channels, pooled, 3, padding=1, norm_cfg=NORM) for _ in range(2)
        )
        self.pool = CornerPool(direction)
        self.join = nn.Conv2d(pooled, pooled, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.border(x) + self.pool(self.inside(x)))
