import torch
import torch.nn as nn
from mmcv.cnn import DepthwiseSeparableConvModule
from torch import Tensor


class FusionNode(nn.Module):
    """Fast normalised fusion of feature maps, and a separable convolution.

    ``O = Swish(BN(conv(sum_i w_i I_i / (eps + sum_j w_j))))`` with ``w_i = relu(v_i)``
    of learnt scalars ``v_i``, one at the start, and ``eps = 1e-4``.

    Source: Tan et al., EfficientDet, CVPR 2020, section 3.3.

    Args:
        channels (int): Channels of the inputs and of the result.
        num_inputs (int): Number of maps that are fused.
        norm_cfg (dict): Normalisation after the convolution.
    """

    eps = 1e-4

    def __init__(self, channels: int, num_inputs: int, norm_cfg: dict) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(num_inputs))
        self.conv = DepthwiseSeparableConvModule(
            channels,
            channels,
            3,
            padding=1,
            norm_cfg=norm_cfg,
            act_cfg=dict(type='Swish'),
            dw_norm_cfg=None,
            dw_act_cfg=None,
        )

    def forward(self, *maps: Tensor) -> Tensor:
        """Fuse maps of one size.

        Args:
            *maps (Tensor): As many as the node has weights, each ``(N, C, H, W)``.

        Returns:
            Tensor: ``(N, C, H, W)``.

        Raises:
            ValueError: Their number is another.
        """
        weights = self.weights.relu()
        weights = weights / (weights.sum() + self.eps)
        return self.conv(sum(w * x for w, x in zip(weights, maps, strict=True)))
