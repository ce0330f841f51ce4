"""Errors of checkpoints, each told in one sentence."""

import pickle

from .errors import UserError


class CheckpointError(UserError):
    """A checkpoint cannot be loaded, for the reason in its one sentence."""


class MissingCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such checkpoint."""


class UnsafeCheckpointError(CheckpointError, pickle.UnpicklingError):
    """A checkpoint asks for more than weights and training state."""
