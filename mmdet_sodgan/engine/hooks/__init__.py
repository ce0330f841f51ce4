from .alternating_optim_hook import AlternatingOptimHook
from .channels_last_hook import ChannelsLastHook
from .compile_hook import CompileHook
from .gan_visualization_hook import GANVisualizationHook
from .gan_watch_hook import GANFailureError, GANWatchHook
from .gradient_norm_hook import GradientNormHook
from .precise_bn_hook import PreciseBNHook

__all__ = [
    'AlternatingOptimHook',
    'ChannelsLastHook',
    'CompileHook',
    'GANVisualizationHook',
    'GradientNormHook',
    'GANFailureError',
    'GANWatchHook',
    'PreciseBNHook',
]
