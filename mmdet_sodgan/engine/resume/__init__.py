"""Training that can be ended at any moment and go on exactly."""

from . import atomic_local_backend  # noqa: F401, registers a storage backend
from .atomic_checkpoint_hook import AtomicCheckpointHook
from .preemption_hook import PreemptionHook
from .reseed_hook import ReseedHook
from .resumable_train_loop import ResumableTrainLoop

__all__ = [
    'AtomicCheckpointHook',
    'PreemptionHook',
    'ReseedHook',
    'ResumableTrainLoop',
]
