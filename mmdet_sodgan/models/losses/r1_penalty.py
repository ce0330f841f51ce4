import torch
import torch.nn as nn
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class R1Penalty(nn.Module):
    r"""Zero-centred gradient penalty on real samples, for D alone.

    .. math:: \frac{\gamma}{2m} \sum_i \| \nabla_z l_D(z_{HR}^{(i)}) \|_2^2

    with ``l_D`` the logit of D (Mescheder et al., ICML 2018, equation 9). It
    keeps D from being steep around the real features.

    Args:
        loss_weight (float): ``gamma``.
    """

    def __init__(self, loss_weight: float = 10.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, real_logits: Tensor, real: Tensor, avg_factor: float | Tensor
    ) -> Tensor:
        """Compute the penalty.

        Args:
            real_logits (Tensor): D's logits on ``real``, ``(m,)``; each must
                depend on its own sample alone.
            real (Tensor): RoI features from z_HR, ``(m, C', k, k)``, with
                ``requires_grad``.
            avg_factor (float | Tensor): ``m``, divisor of the sum.

        Returns:
            Tensor: Weighted scalar with a graph to D's parameters.
        """
        (slope,) = torch.autograd.grad(
            full_precision(real_logits).sum(), real, create_graph=True
        )
        penalty = full_precision(slope).pow(2).sum()
        return 0.5 * self.loss_weight * penalty / avg_factor
