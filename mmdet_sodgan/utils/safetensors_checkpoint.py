"""Weights in the format safetensors, which cannot hold code.

Once :func:`register_safetensors` was called, mmdet takes such files wherever it takes a
checkpoint.
"""

import json
from pathlib import Path

import torch
from mmengine.runner import CheckpointLoader

from .atomic_write import write_atomically
from .checkpoint_configs import drop_configs
from .errors import CheckpointError, MissingCheckpointError
from .extras import require


def save_safetensors(checkpoint: dict, path: str | Path) -> None:
    """Write the weights and the meta of a checkpoint.

    Args:
        checkpoint (dict): ``state_dict``, name -> Tensor, and ``meta``, which JSON
            can hold.
        path (str | Path): The file, ``.safetensors``.
    """
    # Each tensor on its own, as the format refuses shared memory.
    weights = {k: v.clone().contiguous() for k, v in checkpoint['state_dict'].items()}
    meta = dict(format='pt', meta=json.dumps(checkpoint['meta']))
    # Not by save_file, whose files only their owner may read.
    save = require('safetensors.torch', 'export').save
    write_atomically(path, save(weights, meta))


def load_safetensors(
    filename: str | Path, map_location: str | torch.device | None = None
) -> dict:
    """Load what :func:`save_safetensors` wrote, or weights alone.

    Args:
        filename (str | Path): The file.
        map_location (str | torch.device, optional): Device of the weights.

    Returns:
        dict: ``state_dict`` and ``meta``, as of a checkpoint of mmengine, without a
        config that the file may hold; see :func:`drop_configs`.

    Raises:
        MissingCheckpointError: There is no such file.
        CheckpointError: It is not a safetensors file.
    """
    path = Path(filename).expanduser()
    if not path.is_file():
        raise MissingCheckpointError(f'There is no checkpoint file {path}.')
    safetensors = require('safetensors', 'export')
    device = 'cpu' if map_location is None else map_location
    try:
        with safetensors.safe_open(path, 'pt', device=str(device)) as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}
            meta = json.loads((file.metadata() or {}).get('meta', '{}'))
    except (safetensors.SafetensorError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f'The checkpoint {path} is not a safetensors file ({error}).'
        ) from None
    return drop_configs(dict(state_dict=weights, meta=meta))


def register_safetensors() -> None:
    """Let MMEngine's loader of checkpoints read local ``.safetensors`` files."""
    CheckpointLoader.register_scheme(
        r'[^:]*\.safetensors$', load_safetensors, force=True
    )
