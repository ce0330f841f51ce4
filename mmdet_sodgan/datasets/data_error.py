"""Errors in a data set, each told in one sentence."""

from ..utils.errors import UserError


class DataError(UserError, ValueError):
    """A data set cannot be used, for the reason in its one sentence.

    Args:
        message (str): The sentence. A DataLoader puts the traceback of its worker
            process before it.
    """

    @property
    def sentence(self) -> str:
        """str: The sentence alone."""
        return str(self).rpartition(f'{type(self).__name__}: ')[2].strip()


class MissingAnnotationsError(DataError, FileNotFoundError):
    """There is no such annotation file."""


class ImageError(DataError, OSError):
    """An image cannot be used."""
