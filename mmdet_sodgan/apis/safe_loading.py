"""Loaders of checkpoints that never run code from one.

:func:`enable_safe_loading` puts each loader of
:class:`mmengine.runner.CheckpointLoader`, remote ones included, under torch's
restrictions; a refusal says in one sentence what the file asked for. They also
leave out the configs in a checkpoint, which MMEngine would run.
"""

import functools
import os
import pickle
import re
import struct
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import mmengine
import torch
from mmengine.runner import CheckpointLoader
from mmengine.runner.checkpoint import load_from_http, load_from_torchvision

from ..utils.checkpoint_configs import drop_configs
from ..utils.errors import (
    CheckpointError,
    MissingCheckpointError,
    UnsafeCheckpointError,
)
from ..utils.safe_globals import allow_mmengine_checkpoints

# Switches of torch.load; the first one outranks its arguments.
_FORCE = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'
_FORCE_NOT = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
# How torch names what a file asks for.
_ASKED = r'GLOBAL (.+?)(?: was not an allowed| whose module |\. ?$|$)'


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
            asked = re.search(_ASKED, str(error), re.M)
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

    load.is_restricted = True
    return load


@restrict
def load_local_checkpoint(filename, map_location=None):
    """Load a checkpoint file and never run code from it.

    It serves paths without a scheme, in place of MMEngine's own loader,
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
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    # Of a text, whose letters torch takes for the codes of a pickle.
    except (AttributeError, EOFError, LookupError, UnicodeDecodeError, struct.error):
        raise pickle.UnpicklingError('no pickle') from None


@restrict
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


def enable_safe_loading() -> None:
    """Put all loaders of checkpoints in this process under torch's restrictions.

    They are those of :class:`mmengine.runner.CheckpointLoader`, so that MMDetection
    and MMEngine load nothing that could run code either. The commands call it, and
    so does all of this project's Python interface that loads a checkpoint. Calling
    it again restricts what was registered in between.
    """
    allow_mmengine_checkpoints()
    loaders = CheckpointLoader._schemes | {'': load_local_checkpoint}
    for prefix in ('torchvision://', 'modelzoo://'):
        loaders[prefix] = load_torchvision_checkpoint
    for prefix, loader in loaders.items():
        if not hasattr(loader, 'is_restricted'):
            loader = restrict(loader)
        CheckpointLoader.register_scheme(prefix, loader, force=True)
