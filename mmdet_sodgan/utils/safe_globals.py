"""Checkpoints of MMEngine under torch's restricted unpickler.

``torch.load`` refuses every global that is not on its list, and a checkpoint
of MMEngine names a few: its log history and the NumPy values in it. This module
puts stand-ins for exactly these on the list.

The stand-ins do what an honest checkpoint needs and nothing else. The originals
would do more: ``getattr`` reaches any function from any allowed class,
``numpy.ndarray`` makes an array of object pointers from raw bytes, and a copy of
a ``numpy.dtype`` takes the flags to do so from the file.
"""

import pickle

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

_STATISTICS = frozenset({'current', 'max', 'mean', 'min'})
# The shared instances: setting the state of one, unlike of a copy, is a no-op.
_DTYPES = {'f8': np.dtype('f8'), 'i8': np.dtype('i8')}


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
