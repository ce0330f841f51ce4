import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class DiscriminatorRegLoss(nn.Module):
    r"""L_reg, smooth L1 between D's box and the target, positive RoIs only.

    .. math:: \frac{1}{m} \sum_i \sum_{j \in \{x,y,w,h\}} [u_i \ge 1]
              S_{L_1}(t_{SR}^{i,j} - t^{*(i,j)})

    ``u_i`` counts classes from 1 with 0 the background; MMDetection counts
    from 0 with K the background, so the indicator is ``label < K``.

    Args:
        beta (float): Where smooth L1 turns from square to linear, in units of
            the encoded deltas.
        loss_weight (float): ``gamma``, weight of what G receives. D itself
            trains with weight 1.
    """

    def __init__(self, beta: float = 1.0, loss_weight: float = 1e-2) -> None:
        super().__init__()
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(
        self,
        deltas: Tensor,
        targets: Tensor,
        positive: Tensor,
        avg_factor: float | Tensor,
    ) -> Tensor:
        """What G receives.

        Args:
            deltas (Tensor): D's ``t_SR``, ``(m, 4)``.
            targets (Tensor): ``t*``, ``(m, 4)``.
            positive (Tensor): Bool ``(m,)``, ``u_i >= 1``.
            avg_factor (float | Tensor): Divisor of the sum, ``m``.

        Returns:
            Tensor: Weighted scalar.
        """
        return self.loss_weight * self.discriminator_loss(
            deltas, targets, positive, avg_factor
        )

    def discriminator_loss(
        self,
        deltas: Tensor,
        targets: Tensor,
        positive: Tensor,
        avg_factor: float | Tensor,
    ) -> Tensor:
        """D's own loss; arguments of :meth:`forward`.

        Returns:
            Tensor: Scalar, not weighted.
        """
        loss = F.smooth_l1_loss(
            full_precision(deltas),
            full_precision(targets),
            reduction='none',
            beta=self.beta,
        )
        return (loss.sum(1) * positive).sum() / avg_factor
