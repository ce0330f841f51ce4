import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from .fusion_node import FusionNode


@MODELS.register_module()
class BiFPN(BaseModule):
    """Weighted bidirectional feature pyramid.

    1x1 convolutions bring the backbone's levels to one width, and max-pooling adds
    coarser ones. Each layer then passes over the pyramid from coarse to fine and
    back; a node fuses what it is given by :class:`FusionNode`.

    Source: Tan et al., EfficientDet, CVPR 2020, figure 2 (d) and section 3.

    Args:
        in_channels (list[int]): Channels of the backbone's levels, finest first.
        out_channels (int): Channels of all levels of the pyramid.
        num_layers (int): How often the pyramid is passed over, down and up.
        norm_cfg (dict): Normalisation after each convolution.
        num_outs (int): Levels of the pyramid, more than the backbone's.
        init_cfg (dict | None): As of every module of mmengine.

    Raises:
        ValueError: ``num_outs`` is not more than the backbone's levels.
    """

    def __init__(
        self,
        in_channels: list[int],
        out_channels: int,
        num_layers: int,
        norm_cfg: dict,
        num_outs: int = 5,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_extra = num_outs - len(in_channels)
        if self.num_extra < 1:
            raise ValueError(
                f'neck.num_outs is {num_outs}, but BiFPN adds to the '
                f'{len(in_channels)} levels of in_channels: give a larger number.'
            )
        # The first of the coarser levels has a convolution of its own.
        self.laterals = nn.ModuleList(
            ConvModule(width, out_channels, 1, norm_cfg=norm_cfg, act_cfg=None)
            for width in (*in_channels, in_channels[-1])
        )
        self.layers = nn.Sequential(
            *(_Layer(out_channels, num_outs, norm_cfg) for _ in range(num_layers))
        )

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Fuse the levels of the backbone.

        Args:
            feats (tuple[Tensor]): Levels ``(N, C_l, H_l, W_l)``, finest first, each
                half as high and wide as the one before, rounded up.

        Returns:
            tuple[Tensor]: ``num_outs`` levels ``(N, C, H_l, W_l)``; those that the
            backbone has not are likewise half of the one before.
        """
        inputs = (*feats, feats[-1])
        maps = [f(x) for f, x in zip(self.laterals, inputs, strict=True)]
        maps[-1] = _down(maps[-1])
        for _ in range(self.num_extra - 1):
            maps.append(_down(maps[-1]))
        return self.layers(tuple(maps))


class _Layer(nn.Module):
    """One pass over the pyramid, down and up, without the nodes of one input."""

    def __init__(self, channels: int, num_levels: int, norm_cfg: dict) -> None:
        super().__init__()
        # Of the coarsest level there is nothing to fuse on the way down.
        self.top_down = nn.ModuleList(
            FusionNode(channels, 2, norm_cfg) for _ in range(num_levels - 1)
        )
        counts = [3] * (num_levels - 2) + [2]
        self.bottom_up = nn.ModuleList(
            FusionNode(channels, count, norm_cfg) for count in counts
        )

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        *finer, coarsest = maps
        down = [coarsest]
        for node, own in zip(self.top_down, reversed(finer), strict=True):
            above = F.interpolate(down[0], size=own.shape[-2:], mode='nearest')
            down.insert(0, node(own, above))
        outs = down[:1]
        # At the coarsest level the way down has added nothing to what came in.
        seen = [*zip(maps[1:-1], down[1:-1], strict=True), (coarsest,)]
        for node, own in zip(self.bottom_up, seen, strict=True):
            outs.append(node(*own, _down(outs[-1])))
        return tuple(outs)


def _down(x: Tensor) -> Tensor:
    """Halve height and width, rounded up."""
    return F.max_pool2d(x, 3, stride=2, padding=1)
