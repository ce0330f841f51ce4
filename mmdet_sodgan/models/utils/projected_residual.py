"""The residual block of DSSD, in its extra levels and before its predictions."""

from mmcv.cnn import ConvModule
from torch import Tensor, nn


class ProjectedResidual(nn.Module):
    """A bottleneck whose skip connection is a 1x1 convolution.

    It is that of a ResNet where the width or the size of the map changes. Without
    padding it narrows a map that stride 2 would not bring to the size of SSD's
    level, and the skip connection starts at the cells on which the kernels are
    centred. BatchNorm follows each convolution.

    Args:
        in_channels (int): Width of the input.
        out_channels (int): Width of the output; that of the two inner convolutions is
            a quarter.
        kernel_size (int): Of the second convolution, 1 or 3.
        stride (int): Of the second convolution.
        padding (int): Of the second convolution, 0 or ``kernel_size // 2``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        norm = dict(norm_cfg=dict(type='BN'))
        linear = norm | dict(act_cfg=None)
        inner = out_channels // 4
        self.branch = nn.Sequential(
            ConvModule(in_channels, inner, 1, **norm),
            ConvModule(inner, inner, kernel_size, stride, padding, **norm),
            ConvModule(inner, out_channels, 1, **linear),
        )
        self.skip = nn.Sequential(
            # A negative number of cells is cut off.
            nn.ZeroPad2d(padding - kernel_size // 2),
            ConvModule(in_channels, out_channels, 1, stride, **linear),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform a map.

        Args:
            x (Tensor): ``(N, in_channels, H, W)``.

        Returns:
            Tensor: ``(N, out_channels, H', W')``, not negative; H' and W' are those
            of the second convolution.
        """
        return (self.branch(x) + self.skip(x)).relu()
