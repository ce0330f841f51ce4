import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision

_MODES = ('vanilla', 'non_saturating', 'hinge', 'least_squares')


@MODELS.register_module()
class AdversarialLoss(nn.Module):
    """Adversarial loss on the discriminator's logits, for G and for D.

    With ``s`` the sigmoid and ``l`` the logit:

    ============== ================================== =====================
    mode           D minimises                        G minimises
    ============== ================================== =====================
    vanilla        -log s(l_real) - log(1 - s(l_fake)) log(1 - s(l_fake))
    non_saturating the same                           -log s(l_fake)
    hinge          max(0, 1 - l_real) + max(0, 1 + l_fake)  -l_fake
    least_squares  (l_real - 1)^2 + l_fake^2          (l_fake - 1)^2
    ============== ================================== =====================

    'vanilla' is the source's L_adv ("Loss Function") and Goodfellow et al.,
    NIPS 2014; the others are the latter's section 3, Lim and Ye 2017, and Mao
    et al., ICCV 2017. Everything is computed from logits, so that half
    precision never meets log(0).

    Args:
        mode (str): One of the above.
        real_label (float): Target of D on real samples in the two logarithmic
            modes and in 'least_squares'; below 1 it is one-sided label
            smoothing.
        loss_weight (float): ``alpha``, weight of G's loss. D's loss is not
            weighted: D's own objective has no other adversarial scale.

    Raises:
        ValueError: Unknown ``mode``.
    """

    def __init__(
        self,
        mode: str = 'vanilla',
        real_label: float = 1.0,
        loss_weight: float = 1e-3,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ValueError(
                f"adversarial loss mode is '{mode}'; choose one of {_MODES}."
            )
        self.mode = mode
        self.real_label = real_label
        self.loss_weight = loss_weight

    def forward(self, fake_logits: Tensor, avg_factor: float | Tensor) -> Tensor:
        """G's loss.

        Args:
            fake_logits (Tensor): D's logits on z_SR, ``(m,)``.
            avg_factor (float | Tensor): Divisor of the sum.

        Returns:
            Tensor: Weighted scalar.
        """
        logits = full_precision(fake_logits)
        if self.mode == 'vanilla':
            loss = -F.softplus(logits)
        elif self.mode == 'non_saturating':
            loss = F.softplus(-logits)
        elif self.mode == 'hinge':
            loss = -logits
        else:
            loss = (logits - 1) ** 2
        return self.loss_weight * loss.sum() / avg_factor

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor, avg_factor: float | Tensor
    ) -> tuple[Tensor, Tensor]:
        """D's loss on real and on fake.

        Args:
            real_logits (Tensor): D's logits on z_HR, ``(m,)``.
            fake_logits (Tensor): D's logits on z_SR, ``(m,)``.
            avg_factor (float | Tensor): Divisor of each sum.

        Returns:
            tuple[Tensor, Tensor]: Two scalars.
        """
        real, fake = full_precision(real_logits), full_precision(fake_logits)
        if self.mode == 'hinge':
            loss_real, loss_fake = F.relu(1 - real), F.relu(1 + fake)
        elif self.mode == 'least_squares':
            loss_real, loss_fake = (real - self.real_label) ** 2, fake**2
        else:
            # Binary cross-entropy from the logit: softplus(l) - y * l.
            loss_real = F.softplus(real) - self.real_label * real
            loss_fake = F.softplus(fake)
        return loss_real.sum() / avg_factor, loss_fake.sum() / avg_factor
