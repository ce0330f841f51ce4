from mmcv.ops import CornerPool
from mmdet.models.dense_heads.corner_head import BiCornerPool
from torch import nn


class CenterPool(BiCornerPool):
    """Center pooling: the maximum of a row and that of a column, added up.

    Two corner pools of opposite directions in a row give the maximum of the whole
    row or column. The convolutions are those of mmdet's ``BiCornerPool``: maps
    ``(N, C, H, W)`` keep their shape.

    Source: Duan et al., CenterNet: Keypoint Triplets for Object Detection, ICCV 2019,
    section 3.3 and figure 5 (a).

    Args:
        channels (int): ``C``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, ['top', 'left'], out_channels=channels)
        self.direction1_pool = nn.Sequential(CornerPool('top'), CornerPool('bottom'))
        self.direction2_pool = nn.Sequential(CornerPool('left'), CornerPool('right'))
