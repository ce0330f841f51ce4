import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class DiscriminatorClsLoss(nn.Module):
    r"""The discriminator's part of L_cls.

    .. math:: -\frac{1}{m} \sum_i \log D_{cls}(z^{(i)})

    for ``z`` = G(z_LR) and ``z`` = z_HR, with D_cls the probability of the
    RoI's true class. The source prints the two logarithms with a plus sign,
    which would lower that probability; this is our reading. The term
    ``log(p p* + (1 - p)(1 - p*))`` of the source is the detector's own
    classification loss and is there already.

    Args:
        loss_weight (float): ``beta``, weight of what G receives. D itself
            trains with weight 1: its class head must be right to be of use.
    """

    def __init__(self, loss_weight: float = 1e-2) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, cls_logits: Tensor, labels: Tensor, avg_factor: float | Tensor
    ) -> Tensor:
        """What G receives, of z_SR.

        Args:
            cls_logits (Tensor): ``(m, K + 1)``, background last.
            labels (Tensor): ``(m,)`` in [0, K].
            avg_factor (float | Tensor): Divisor of the sum.

        Returns:
            Tensor: Weighted scalar.
        """
        return self.loss_weight * self.discriminator_loss(
            cls_logits, labels, avg_factor
        )

    def discriminator_loss(
        self, cls_logits: Tensor, labels: Tensor, avg_factor: float | Tensor
    ) -> Tensor:
        """D's own loss, of z_SR or of z_HR; arguments of :meth:`forward`.

        Returns:
            Tensor: Scalar, not weighted.
        """
        loss = F.cross_entropy(full_precision(cls_logits), labels, reduction='sum')
        return loss / avg_factor
