"""Checkpoints of MMEngine under torch's restricted unpickler.

``torch.load`` refuses every global that is not on its list, and a checkpoint
of MMEngine names a few: its log history and the NumPy values in it. On import
this module puts stand-ins for exactly these on the list, and registers a loader
of local files that says in one sentence what a refused file asked for.

The stand-ins do what an honest checkpoint needs and nothing else. The originals
would do more: ``getattr`` reaches any function from any allowed class,
``numpy.ndarray`` makes an array of object pointers from raw bytes, and a copy of
a ``numpy.dtype`` takes the flags to do so from the file.
"""

import pickle
import re
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader

_STATISTICS = frozenset({'current', 'max', 'mean', 'min'})
# The shared instances: setting the state of one, unlike of a copy, is a no-op.
_DTYPES = {'f8': np.dtype('f8'), 'i8': np.dtype('i8')}


class UnsafeCheckpointError(pickle.UnpicklingError):
    """A checkpoint that asks for more than weights and training state."""


def _statistics_method(owner, name):
    """Stand-in for ``getattr``: the built-in statistics of HistoryBuffer."""
    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise pickle.UnpicklingError(f'GLOBAL getattr({owner!r}, {name!r})')
    return getattr(HistoryBuffer, name)


def _array_type(*args, **kwargs):
    """Stand-in for ``numpy.ndarray``: a name to pass on, not to be called."""
    raise pickle.UnpicklingError('GLOBAL numpy.ndarray(...)')


def _empty_array(subtype, shape, dtype):
    """Stand-in for ``_reconstruct``: an array to be filled by its state."""
    if subtype is not _array_type:
        raise pickle.UnpicklingError(f'GLOBAL _reconstruct({subtype!r}, ...)')
    return np.ndarray((0,), 'b')


def _plain_dtype(code, align=False, copy=True):
    """Stand-in for ``numpy.dtype``: 64-bit floats and integers."""
    if code not in _DTYPES:
        raise pickle.UnpicklingError(f'GLOBAL numpy.dtype({code!r})')
    return _DTYPES[code]


def allow_mmengine_checkpoints():
    """Let ``torch.load(..., weights_only=True)`` read MMEngine's checkpoints.

    Calling it again changes nothing.
    """
    scalar = np.float64(0).__reduce__()[0]
    allowed = [
        HistoryBuffer,
        (_statistics_method, 'builtins.getattr'),
        (_array_type, 'numpy.ndarray'),
        (_plain_dtype, 'numpy.dtype'),
        # The unpickler sets the state of instances of listed types only. No
        # pickle can name these three: its names always have a dot.
        (np.ndarray, 'ndarray'),
        *((type(dtype), code) for code, dtype in _DTYPES.items()),
    ]
    for module in ('numpy._core.multiarray', 'numpy.core.multiarray'):  # 2, 1
        allowed += [
            (_empty_array, f'{module}._reconstruct'),
            (scalar, f'{module}.scalar'),
        ]
    torch.serialization.add_safe_globals(allowed)


def load_local_checkpoint(filename, map_location=None):
    """Load a checkpoint file and never run code from it.

    Registered with :class:`mmengine.runner.CheckpointLoader` for paths without
    a scheme, in place of MMEngine's own loader, which names no file when it
    fails and, in the OneDL fork, goes on without the restrictions.

    Args:
        filename (str | Path): The file.
        map_location (str | torch.device | Callable, optional): As for
            :func:`torch.load`.

    Returns:
        dict: The checkpoint.

    Raises:
        FileNotFoundError: If there is no such file.
        UnsafeCheckpointError: If it asks for anything but weights and
            MMEngine's training state.
    """
    path = Path(filename).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'There is no checkpoint file {path}.')
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(
            r'GLOBAL (.+?)(?: was not an allowed|\. ?$|$)', str(error), re.M
        )
        reason = f'asks for {asked[1]}' if asked else 'is not a file of torch.save'
        raise UnsafeCheckpointError(
            f'The checkpoint {path} {reason} and is refused, since loading it could '
            f'run code: use one from a source that you trust, with weights and '
            f'training state alone.'
        ) from None


allow_mmengine_checkpoints()
CheckpointLoader.register_scheme('', load_local_checkpoint, force=True)
