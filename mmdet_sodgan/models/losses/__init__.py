from .adversarial_loss import AdversarialLoss
from .composite_loss import CompositeLoss
from .discriminator_cls_loss import DiscriminatorClsLoss
from .discriminator_reg_loss import DiscriminatorRegLoss
from .feature_l1_loss import FeatureL1Loss
from .feature_mse_loss import FeatureMSELoss
from .total_variation_loss import TotalVariationLoss

__all__ = [
    'AdversarialLoss',
    'CompositeLoss',
    'DiscriminatorClsLoss',
    'DiscriminatorRegLoss',
    'FeatureL1Loss',
    'FeatureMSELoss',
    'TotalVariationLoss',
]
