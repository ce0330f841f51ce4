"""Published weights that are asked for by name instead of by path."""

import hashlib
import os
from http.client import HTTPException
from pathlib import Path
from zipfile import is_zipfile

import torch

from ..utils.errors import MissingCheckpointError

#: Environment variable: the folder, or the URL, that holds ``<name>.pth``.
VARIABLE = 'SODGAN_WEIGHTS'


def find_weights(name: str) -> str:
    """Find published weights by their name.

    Weights from a URL are kept in the folder of ``torch.hub``, apart for each URL; so
    a file that was published once keeps its name and its content.

    Args:
        name (str): Of the file, without its suffix.

    Returns:
        str: Path of the checkpoint, which holds its config (``sodgan publish``).

    Raises:
        MissingCheckpointError: ``SODGAN_WEIGHTS`` is not set, or has no such file, or
            what came from there is not whole.
    """
    base = os.environ.get(VARIABLE, '').rstrip('/')
    if not base:
        raise MissingCheckpointError(
            f"'{name}' is neither a file nor a folder; as the name of published "
            f'weights it needs {VARIABLE}, the folder or URL that holds {name}.pth.'
        )
    if '://' not in base:
        path = Path(base).expanduser() / f'{name}.pth'
        if not path.is_file():
            raise MissingCheckpointError(
                f'{VARIABLE} is {base}, which has no {name}.pth: give one of its '
                'files, or the path of a checkpoint.'
            )
        return str(path)
    folder = hashlib.sha256(base.encode()).hexdigest()[:8]
    path = Path(torch.hub.get_dir(), 'sodgan', folder, f'{name}.pth')
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Into a file beside it first, so that an interruption leaves none.
            torch.hub.download_url_to_file(f'{base}/{name}.pth', str(path))
        except (OSError, ValueError, HTTPException) as error:
            raise MissingCheckpointError(
                f'{base}/{name}.pth could not be fetched ({error}): check {VARIABLE} '
                'and the name.'
            ) from None
        # torch takes the part that came for the whole where a connection breaks off.
        if not is_zipfile(path):
            path.unlink()
            raise MissingCheckpointError(
                f'What came from {base}/{name}.pth is no whole checkpoint: try again, '
                'or see what is served there.'
            )
    return str(path)
