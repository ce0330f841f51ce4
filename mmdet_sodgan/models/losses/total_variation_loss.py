import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class TotalVariationLoss(nn.Module):
    r"""L_TV, the mean length of the reconstructed level's spatial gradient.

    .. math:: \frac{1}{r^2 W H} \sum_{i,j} \| \nabla G(z_{LR})^{(i,j)} \|

    The gradient is the forward difference along x and y (zero at the far
    border) and its length is taken over both directions and the mean over
    channels of their squares, so that its size does not depend on the width.

    Args:
        eps (float): Added under the root; bounds the slope at flat positions.
        loss_weight (float): Weight of the term.
    """

    def __init__(self, eps: float = 1e-8, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, sr: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            sr (Tensor): z_SR, ``(N, C, r*H, r*W)``.

        Returns:
            Tensor: Weighted scalar, mean over the N images.
        """
        sr = full_precision(sr)
        dx = F.pad(sr[..., :, 1:] - sr[..., :, :-1], (0, 1, 0, 0))
        dy = F.pad(sr[..., 1:, :] - sr[..., :-1, :], (0, 0, 0, 1))
        length = (dx.pow(2) + dy.pow(2)).mean(1).add(self.eps).sqrt()
        return self.loss_weight * length.mean()
