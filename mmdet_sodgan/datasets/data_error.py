"""Errors in a data set, each told in one sentence."""


class DataError(ValueError):
    """A data set cannot be used, for the reason in its one sentence.

    Args:
        message (str): The sentence. A DataLoader puts the traceback of its worker
            process before it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.sentence = message.rpartition(f'{type(self).__name__}: ')[2].strip()


class MissingAnnotationsError(DataError, FileNotFoundError):
    """There is no such annotation file."""


class ImageError(DataError, OSError):
    """An image cannot be used."""
