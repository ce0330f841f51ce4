from mmdet.registry import MODELS
from torch import Tensor

from .feature_mse_loss import FeatureMSELoss


@MODELS.register_module()
class FeatureL1Loss(FeatureMSELoss):
    r"""Measure L_MSE's distance by absolute instead of squared differences.

    With ``foreground_weight=0.5`` it is close, up to a factor, to the
    foreground-background-balanced loss of EFPN (Deng et al., IEEE TMM 2022) where
    objects are rare: that adds the mean over the objects to the mean over the
    whole map, of which they are a part.

    Its arguments are those of :class:`FeatureMSELoss`; ``relative`` divides by
    the target's mean absolute value.
    """

    @staticmethod
    def _size(x: Tensor) -> Tensor:
        return x.abs().mean(1)
