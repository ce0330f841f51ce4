import torch
import torch.nn as nn
from mmdet.registry import MODELS
from mmdet.utils import reduce_mean
from torch import Tensor

from ..utils import full_precision
from .masked_mean import masked_mean


@MODELS.register_module()
class FeatureMSELoss(nn.Module):
    r"""L_MSE between the reconstructed and the real high-resolution level.

    .. math:: \frac{1}{m} \sum_i \| z_{HR}^{(i)} - G(z_{LR}^{(i)}) \|_2^2

    with the squared norm averaged over channels, so that its size does not
    depend on the width of the network. The samples ``i`` are the positions of
    the map inside the images (padding is left out). Small objects cover a few
    per cent of them and would hardly count, hence ``foreground_weight``: the
    mean over positions inside small ground-truth boxes and the mean over all
    others are taken apart and joined by that weight.

    The scale of a network's features is its own (and drifts in training from
    scratch), so the error is by default measured in units of the target's
    mean square: 1 is what predicting zero everywhere would cost.

    Args:
        foreground_weight (float, optional): Share of the foreground's mean,
            0 to 1. None: one mean over all positions, as printed.
        relative (bool): Measure the error in units of the target's mean
            square; False: in the features' own units.
        loss_weight (float): Weight of the term.

    Raises:
        ValueError: ``foreground_weight`` outside [0, 1].
    """

    def __init__(
        self,
        foreground_weight: float | None = 0.5,
        relative: bool = True,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if foreground_weight is not None and not 0 <= foreground_weight <= 1:
            raise ValueError(
                f'FeatureMSELoss.foreground_weight is {foreground_weight}; '
                'it must lie in [0, 1] or be None.'
            )
        self.foreground_weight = foreground_weight
        self.relative = relative
        self.loss_weight = loss_weight

    def forward(
        self, sr: Tensor, hr: Tensor, valid: Tensor, foreground: Tensor
    ) -> Tensor:
        """Compute the loss.

        Args:
            sr (Tensor): z_SR, ``(N, C, H, W)``.
            hr (Tensor): z_HR, ``(N, C, H, W)``.
            valid (Tensor): Bool ``(N, H, W)``, positions inside the images.
            foreground (Tensor): Bool ``(N, H, W)``, positions inside small
                objects.

        Returns:
            Tensor: Weighted scalar.
        """
        sr, hr = full_precision(sr), full_precision(hr)
        error = self._size(sr - hr)
        if self.relative:
            power = reduce_mean(masked_mean(self._size(hr), valid))
            error = error / power.clamp(min=torch.finfo(power.dtype).tiny)
        if self.foreground_weight is None:
            loss = masked_mean(error, valid)
        else:
            loss = self.foreground_weight * masked_mean(error, valid & foreground)
            loss = loss + (1 - self.foreground_weight) * masked_mean(
                error, valid & ~foreground
            )
        return self.loss_weight * loss

    @staticmethod
    def _size(x: Tensor) -> Tensor:
        """Mean over the channels of ``(N, C, H, W)``, ``(N, H, W)``."""
        return x.pow(2).mean(1)
