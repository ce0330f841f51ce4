from .channels_last_hook import ChannelsLastHook
from .gan_schedule_hook import AlternatingOptimHook, GANScheduleHook
from .gan_visualization_hook import GANVisualizationHook
from .gan_watch_hook import GANFailureError, GANWatchHook
from .gradient_norm_hook import GradientNormHook
from .precise_bn_hook import PreciseBNHook
from .subspace_start_hook import SubspaceStartHook
from .teacher_hook import TeacherHook
from .weight_average_hook import WeightAverageHook

__all__ = [
    'AlternatingOptimHook',
    'ChannelsLastHook',
    'GANFailureError',
    'GANScheduleHook',
    'GANVisualizationHook',
    'GANWatchHook',
    'GradientNormHook',
    'PreciseBNHook',
    'SubspaceStartHook',
    'TeacherHook',
    'WeightAverageHook',
]
