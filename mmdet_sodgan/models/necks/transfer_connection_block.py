import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_norm_layer
from torch import Tensor


class TransferConnectionBlock(nn.Module):
    """Turn a level of the first module of RefineDet into one of the second.

    Two convolutions, to which the enlarged block of the next coarser level is added,
    and a third convolution.

    Source: Zhang et al., RefineDet, CVPR 2018, section 3 and figure 2; normalisation
    and the 2x2 deconvolution as in its authors' network on ResNet-101.

    Args:
        in_channels (int): Channels of the level.
        out_channels (int): Channels of all blocks.
        norm_cfg (dict): Normalisation after each convolution.
        is_coarsest (bool): Whether no block comes before it.
    """

    def __init__(
        self, in_channels: int, out_channels: int, norm_cfg: dict, is_coarsest: bool
    ) -> None:
        super().__init__()
        common = dict(kernel_size=3, padding=1, norm_cfg=norm_cfg)
        self.conv1 = ConvModule(in_channels, out_channels, **common)
        self.conv2 = ConvModule(out_channels, out_channels, act_cfg=None, **common)
        self.conv3 = ConvModule(out_channels, out_channels, **common)
        if not is_coarsest:
            self.enlarge = nn.Sequential(
                nn.ConvTranspose2d(out_channels, out_channels, 2, 2, bias=False),
                build_norm_layer(norm_cfg, out_channels)[1],
            )

    def forward(self, x: Tensor, above: Tensor | None = None) -> Tensor:
        """Transfer a level.

        Args:
            x (Tensor): ``(N, C_l, H, W)``.
            above (Tensor | None): Result of the next coarser level's block
                ``(N, C, ceil(H / 2), ceil(W / 2))``; None at the coarsest.

        Returns:
            Tensor: ``(N, C, H, W)``.
        """
        x = self.conv2(self.conv1(x))
        if above is not None:
            height, width = x.shape[-2:]
            x = x + self.enlarge(above)[..., :height, :width]
        return self.conv3(F.relu(x))
