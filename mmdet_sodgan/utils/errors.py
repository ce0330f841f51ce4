"""What the user has to change, each told in one sentence."""

import pickle


def one_line(error: BaseException) -> str:
    """Write what an exception says, or else its kind, in one line."""
    return ' '.join(str(error).split()) or type(error).__name__


class UserError(Exception):
    """What the user has to change, in one sentence.

    The commands end with the sentence and show no traceback.
    """

    @property
    def sentence(self) -> str:
        """str: The sentence."""
        return str(self)


class CheckpointError(UserError):
    """A checkpoint cannot be loaded, for the reason in its one sentence."""


class AgreementError(UserError, ValueError):
    """Parts of a run contradict each other, as its one sentence says."""


class MissingCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such checkpoint."""


class UnsafeCheckpointError(CheckpointError, pickle.UnpicklingError):
    """A checkpoint asks for more than weights and training state."""
