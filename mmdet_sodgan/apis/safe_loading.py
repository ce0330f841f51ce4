"""Checkpoints of MMEngine under torch's restricted unpickler.

``torch.load`` refuses every global that is not on its list, and a checkpoint
of MMEngine names a few: its log history and the NumPy values in it. On import
this module puts stand-ins for exactly these on the list, and puts each loader of
:class:`mmengine.runner.CheckpointLoader`, remote ones included, under the
restrictions; a refusal says in one sentence what the file asked for. They also
leave out the configs in a checkpoint, which MMEngine would run.

The stand-ins do what an honest checkpoint needs and nothing else. The originals
would do more: ``getattr`` reaches any function from any allowed class,
``numpy.ndarray`` makes an array of object pointers from raw bytes, and a copy of
a ``numpy.dtype`` takes the flags to do so from the file.
"""

import functools
import os
import pickle
import re
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import mmengine
import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner.checkpoint import load_from_http, load_from_torchvision

from .checkpoint_configs import drop_configs

_STATISTICS = frozenset({'current', 'max', 'mean', 'min'})
# The shared instances: setting the state of one, unlike of a copy, is a no-op.
_DTYPES = {'f8': np.dtype('f8'), 'i8': np.dtype('i8')}
# Switches of torch.load; the first one outranks its arguments.
_FORCE = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'
_FORCE_NOT = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'


class CheckpointError(Exception):
    """A checkpoint cannot be loaded, for the reason in its one sentence."""


class MissingCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such checkpoint."""


class UnsafeCheckpointError(CheckpointError, pickle.UnpicklingError):
    """A checkpoint asks for more than weights and training state."""


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


@contextmanager
def _weights_only():
    """Restrict each ``torch.load``, even one told ``weights_only=False``."""
    before = {name: os.environ.pop(name, None) for name in (_FORCE, _FORCE_NOT)}
    os.environ[_FORCE] = '1'
    try:
        yield
    finally:
        del os.environ[_FORCE]
        os.environ.update({k: v for k, v in before.items() if v is not None})
        # The OneDL fork allows some of the types for the time of a load, and at
        # its end takes them off the list for good.
        allow_mmengine_checkpoints()


def restrict(loader):
    """Put a loader of checkpoints under torch's restricted unpickler.

    ``torch.hub``, by which MMEngine loads what it downloads, asks for the
    unrestricted one.

    Args:
        loader (Callable): Takes the file's name or URL first.

    Returns:
        Callable: The same without the checkpoint's configs, but raises
        UnsafeCheckpointError where the file asks for anything but weights and
        MMEngine's training state, and CheckpointError where it cannot be
        downloaded.
    """

    @functools.wraps(loader)
    def load(filename, *args, **kwargs):
        try:
            with _weights_only():
                return drop_configs(loader(filename, *args, **kwargs))
        except pickle.UnpicklingError as error:
            asked = re.search(
                r'GLOBAL (.+?)(?: was not an allowed|\. ?$|$)', str(error), re.M
            )
            reason = f'asks for {asked[1]}' if asked else 'is not a file of torch.save'
            raise UnsafeCheckpointError(
                f'The checkpoint {filename} {reason} and is refused, since loading '
                f'it could run code: use one from a source that you trust, with '
                f'weights and training state alone.'
            ) from None
        except URLError as error:
            raise CheckpointError(
                f'The checkpoint {filename} cannot be downloaded ({error}): check '
                f'the address and the network, or give the path of a copy.'
            ) from error

    return load


@restrict
def load_local_checkpoint(filename, map_location=None):
    """Load a checkpoint file and never run code from it.

    Registered for paths without a scheme, in place of MMEngine's own loader,
    which names no file when it fails and, in the OneDL fork, goes on without the
    restrictions.

    Args:
        filename (str | Path): The file.
        map_location (str | torch.device | Callable, optional): As for
            :func:`torch.load`.

    Returns:
        dict: The checkpoint.

    Raises:
        MissingCheckpointError: If there is no such file.
        UnsafeCheckpointError: If it asks for anything but weights and
            MMEngine's training state.
    """
    path = Path(filename).expanduser()
    if not path.is_file():
        raise MissingCheckpointError(f'There is no checkpoint file {path}.')
    return torch.load(path, map_location=map_location, weights_only=True)


def load_torchvision_checkpoint(filename, map_location=None):
    """Load weights of torchvision's model zoo, mostly without torchvision.

    MMEngine has the addresses of the plain names, such as
    ``torchvision://resnet50``, but imports torchvision for them all the same.

    Args:
        filename (str): The name after ``torchvision://``.
        map_location (str | torch.device | Callable, optional): As for
            :func:`torch.load`.

    Returns:
        dict: The checkpoint.

    Raises:
        MissingCheckpointError: If neither of the two knows the name.
        CheckpointError: If MMEngine does not know it and torchvision is not
            installed.
    """
    name = filename.partition('://')[2]
    addresses = mmengine.load(
        Path(mmengine.__file__).parent / 'hub' / 'torchvision_0.12.json'
    )
    if name in addresses:
        return load_from_http(addresses[name], map_location=map_location)
    try:
        return load_from_torchvision(filename, map_location=map_location)
    except ModuleNotFoundError:
        raise CheckpointError(
            f'The checkpoint {filename} needs torchvision: pip install torchvision, '
            f'of the release that belongs to torch {torch.__version__}.'
        ) from None
    except KeyError:
        raise MissingCheckpointError(
            f'There is no checkpoint {filename}: MMEngine has {sorted(addresses)}, '
            f'torchvision has those of its get_model_weights, in lower case.'
        ) from None


allow_mmengine_checkpoints()
for _prefix, _loader in tuple(CheckpointLoader._schemes.items()):
    CheckpointLoader.register_scheme(_prefix, restrict(_loader), force=True)
CheckpointLoader.register_scheme('', load_local_checkpoint, force=True)
CheckpointLoader.register_scheme(
    ['torchvision://', 'modelzoo://'], restrict(load_torchvision_checkpoint), force=True
)
