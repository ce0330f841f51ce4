import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision

_MODES = ('vanilla', 'non_saturating')


@MODELS.register_module()
class AdversarialLoss(nn.Module):
    """Adversarial loss on the discriminator's logits, for G and for D.

    With ``s`` the sigmoid and ``l`` the logit, D minimises
    ``-log s(l_real) - log(1 - s(l_fake))``. G minimises ``log(1 - s(l_fake))``
    ('vanilla', the source's L_adv in "Loss Function" and Goodfellow et al., NIPS
    2014) or ``-log s(l_fake)`` ('non_saturating', section 3 of the latter).
    Everything is computed from logits, so that half precision never meets log(0).

    Args:
        mode (str): One of the above.
        loss_weight (float): ``alpha``, weight of G's loss. D's loss is not
            weighted: D's own objective has no other adversarial scale.

    Raises:
        ValueError: Unknown ``mode``.
    """

    def __init__(self, mode: str = 'vanilla', loss_weight: float = 1e-3) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ValueError(
                f"adversarial loss mode is '{mode}'; choose one of {_MODES}."
            )
        self.mode = mode
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
        loss = -F.softplus(logits) if self.mode == 'vanilla' else F.softplus(-logits)
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
        return F.softplus(-real).sum() / avg_factor, F.softplus(fake).sum() / avg_factor
