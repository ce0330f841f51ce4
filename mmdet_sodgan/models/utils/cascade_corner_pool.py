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
        feat_channels (int): Channels of what is pooled.
    """

    def __init__(
        self, channels: int, directions: list[str], feat_channels: int = 128
    ) -> None:
        super().__init__(channels, directions, feat_channels, channels)
        first, second = directions
        self.direction1_conv = _Inward(channels, feat_channels, second)
        self.direction2_conv = _Inward(channels, feat_channels, first)


class _Inward(nn.Module):
    """Features to which the maximum in one direction has been added."""

    def __init__(self, channels: int, feat_channels: int, direction: str) -> None:
        super().__init__()
        self.border, self.inside = (
            ConvModule(channels, feat_channels, 3, padding=1, norm_cfg=NORM)
            for _ in range(2)
        )
        self.pool = CornerPool(direction)
        self.join = nn.Conv2d(feat_channels, feat_channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.border(x) + self.pool(self.inside(x)))
