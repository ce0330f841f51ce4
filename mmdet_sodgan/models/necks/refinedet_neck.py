import torch.nn as nn
from mmdet.models.backbones.resnet import Bottleneck
from mmdet.models.layers import ResLayer
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from .transfer_connection_block import TransferConnectionBlock


@MODELS.register_module()
class RefineDetNeck(BaseModule):
    """Levels of RefineDet's two modules, from those of a ResNet.

    A residual block adds a coarser level. The levels go to the first module as they
    are, and through transfer connection blocks to the second, all behind one more
    residual block, which the authors' network on ResNet-101 has before each
    prediction and the paper does not mention.

    Source: Zhang et al., RefineDet, CVPR 2018, figure 1.

    Args:
        in_channels (list[int]): Channels of the backbone's levels, finest first.
        extra_channels (int): Channels of the coarser level.
        transfer_channels (int): Channels of the transfer connection blocks.
        out_channels (int): Channels of all results.
        norm_cfg (dict): Normalisation after each convolution.
        init_cfg (dict | None): As of every module of mmengine.
    """

    def __init__(
        self,
        in_channels: list[int],
        extra_channels: int,
        transfer_channels: int,
        out_channels: int,
        norm_cfg: dict,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)

        def block(width: int, out: int, stride: int = 1) -> ResLayer:
            middle = out // Bottleneck.expansion
            return ResLayer(Bottleneck, width, middle, 1, stride, norm_cfg=norm_cfg)

        self.extra = block(in_channels[-1], extra_channels, stride=2)
        widths = [*in_channels, extra_channels]
        flags = [False] * len(in_channels) + [True]
        self.transfer = nn.ModuleList(
            TransferConnectionBlock(width, transfer_channels, norm_cfg, is_coarsest)
            for width, is_coarsest in zip(widths, flags, strict=True)
        )
        self.first = nn.ModuleList(block(width, out_channels) for width in widths)
        self.second = nn.ModuleList(
            block(transfer_channels, out_channels) for _ in widths
        )

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Make the levels of both modules.

        Args:
            feats (tuple[Tensor]): Levels of the backbone ``(N, C_l, H_l, W_l)``.

        Returns:
            tuple[Tensor]: ``(N, C, H_l, W_l)``: as many levels for the first module,
            and one more, and then those for the second.
        """
        levels = [*feats, self.extra(feats[-1])]
        above, transferred = None, []
        for block, x in zip(reversed(self.transfer), reversed(levels), strict=True):
            above = block(x, above)
            transferred.insert(0, above)
        blocks = *self.first, *self.second
        return tuple(f(x) for f, x in zip(blocks, levels + transferred, strict=True))
