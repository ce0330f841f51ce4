from .autocast_optim_wrapper import AutocastOptimWrapper
from .gan_optim_wrapper_constructor import GANOptimWrapperConstructor
from .warm_up_lr import WarmUpLR

__all__ = ['AutocastOptimWrapper', 'GANOptimWrapperConstructor', 'WarmUpLR']
