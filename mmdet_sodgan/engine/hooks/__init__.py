from .atomic_checkpoint_hook import AtomicCheckpointHook
from .channels_last_hook import ChannelsLastHook
from .compile_hook import CompileHook
from .gan_schedule_hook import AlternatingOptimHook, GANScheduleHook
from .gan_visualization_hook import GANVisualizationHook
from .gan_watch_hook import GANFailureError, GANWatchHook
from .gradient_norm_hook import GradientNormHook
from .precise_bn_hook import PreciseBNHook
from .preemption_hook import PreemptionHook
from .reseed_hook import ReseedHook
from .teacher_hook import TeacherHook

__all__ = [
    'AlternatingOptimHook',
    'AtomicCheckpointHook',
    'ChannelsLastHook',
    'CompileHook',
    'GANScheduleHook',
    'GANVisualizationHook',
    'GradientNormHook',
    'GANFailureError',
    'GANWatchHook',
    'PreciseBNHook',
    'PreemptionHook',
    'ReseedHook',
    'TeacherHook',
]
