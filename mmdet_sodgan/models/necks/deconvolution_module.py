import torch.nn.functional as F
from mmcv.cnn import ConvModule
from torch import Tensor, nn


class DeconvolutionModule(nn.Module):
    """A coarse map enlarged, times the next finer one.

    Fu et al., arXiv 1701.06659, figure 3. BatchNorm follows each convolution.

    Args:
        coarse_channels (int): Width of the coarse map.
        fine_channels (int): Width of the finer one.
        out_channels (int): Width of the product.
    """

    def __init__(
        self, coarse_channels: int, fine_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        conv = dict(kernel_size=3, padding=1, norm_cfg=dict(type='BN'))
        self.enlarge = nn.ConvTranspose2d(coarse_channels, out_channels, 2, stride=2)
        self.coarse = ConvModule(out_channels, out_channels, act_cfg=None, **conv)
        self.fine = nn.Sequential(
            ConvModule(fine_channels, out_channels, **conv),
            ConvModule(out_channels, out_channels, act_cfg=None, **conv),
        )

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Join two maps.

        Args:
            coarse (Tensor): ``(N, coarse_channels, h, w)``.
            fine (Tensor): ``(N, fine_channels, H, W)``.

        Returns:
            Tensor: ``(N, out_channels, H, W)``, not negative.
        """
        # Sides that are not twice the coarse ones: 3 of 1 and 5 of 3.
        enlarged = F.interpolate(self.enlarge(coarse), fine.shape[-2:])
        return (self.coarse(enlarged) * self.fine(fine)).relu()
