import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision
from .masked_mean import masked_mean


@MODELS.register_module()
class TotalVariationLoss(nn.Module):
    r"""L_TV, the mean length of the reconstructed level's spatial gradient.

    .. math:: \frac{1}{r^2 W H} \sum_{i,j} \| \nabla G(z_{LR})^{(i,j)} \|

    The gradient is the forward difference along x and y (zero at the far
    border of the image) and its length is taken over both directions and the
    mean over channels of their squares, so that its size does not depend on
    the width. The positions are those inside the images: padding, whose
    extent is a matter of the batch, is left out.

    Args:
        eps (float): Added under the root; bounds the slope at flat positions.
        loss_weight (float): Weight of the term.
    """

    def __init__(self, eps: float = 1e-8, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, sr: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            sr (Tensor): z_SR, ``(N, C, r*H, r*W)``.
            valid (Tensor): Bool ``(N, r*H, r*W)``, positions inside the
                images.

        Returns:
            Tensor: Weighted scalar, mean over the positions inside the
            images.
        """
        sr = full_precision(sr)
        dx = (sr[..., :, 1:] - sr[..., :, :-1]).pow(2).mean(1)
        dy = (sr[..., 1:, :] - sr[..., :-1, :]).pow(2).mean(1)
        # No difference across the border between image and padding.
        dx = F.pad(dx * (valid[..., :, 1:] & valid[..., :, :-1]), (0, 1, 0, 0))
        dy = F.pad(dy * (valid[..., 1:, :] & valid[..., :-1, :]), (0, 0, 0, 1))
        length = (dx + dy + self.eps).sqrt()
        return self.loss_weight * masked_mean(length, valid)
