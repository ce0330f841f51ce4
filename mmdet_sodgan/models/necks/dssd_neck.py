from collections.abc import Sequence

from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..utils.projected_residual import ProjectedResidual
from .deconvolution_module import DeconvolutionModule


@MODELS.register_module()
class DSSDNeck(BaseModule):
    """Levels of SSD, and the way back from the coarsest to the finest.

    Fu et al., arXiv 1701.06659, section 3: residual blocks add levels to those of
    the backbone; deconvolution modules bring what the coarse ones know of the scene
    into the finer ones, by an element-wise product.

    Args:
        in_channels (Sequence[int]): Widths of the backbone's maps, finest first.
        extra_channels (int): Width of each added level.
        level_strides (Sequence[int]): Strides of the blocks that add levels.
        level_paddings (Sequence[int]): Paddings of their 3x3 convolutions, 0 or 1.
        out_channels (int): Width of all levels but the coarsest, which has
            ``extra_channels``.
        init_cfg (dict): As in mmengine.

    Raises:
        ValueError: ``level_strides`` and ``level_paddings`` have not the same length.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (512, 2048),
        extra_channels: int = 1024,
        level_strides: Sequence[int] = (2, 2, 1, 1),
        level_paddings: Sequence[int] = (1, 1, 0, 0),
        out_channels: int = 512,
        init_cfg: dict | None = None,
    ) -> None:
        init_cfg = init_cfg or dict(
            type='Xavier', distribution='uniform', layer=['Conv2d', 'ConvTranspose2d']
        )
        super().__init__(init_cfg)
        if len(level_strides) != len(level_paddings):
            raise ValueError(
                f'neck has {len(level_strides)} level_strides and '
                f'{len(level_paddings)} level_paddings; give one of each to every '
                'added level.'
            )
        widths = [*in_channels]
        self.extra = nn.ModuleList()
        for stride, padding in zip(level_strides, level_paddings, strict=True):
            self.extra.append(
                ProjectedResidual(widths[-1], extra_channels, 3, stride, padding)
            )
            widths.append(extra_channels)
        coarse = [extra_channels, *[out_channels] * (len(widths) - 2)]
        self.deconvolutions = nn.ModuleList(
            DeconvolutionModule(width, fine, out_channels)
            for width, fine in zip(coarse, reversed(widths[:-1]), strict=True)
        )

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Make the levels.

        Args:
            inputs (tuple[Tensor]): The backbone's maps ``(N, C_l, H_l, W_l)``, finest
                first.

        Returns:
            tuple[Tensor]: All levels, finest first; those of the backbone and the
            added ones, of the same sizes.
        """
        levels = [*inputs]
        for block in self.extra:
            levels.append(block(levels[-1]))
        outs = [levels.pop()]
        for module in self.deconvolutions:
            outs.append(module(outs[-1], levels.pop()))
        return tuple(reversed(outs))
