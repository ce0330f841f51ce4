"""The config that a checkpoint carries, read without running it.

MMEngine writes the config of a training into its checkpoints as Python source, and a
config is code twice over: the source is run, and whatever a ``type`` names is called.
Here the source must be a dump, names and values alone, and each ``type`` must be
registered.
"""

import ast
import json
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import mmcv.ops
import mmdet.registry
import mmengine.registry
import torch
from mmdet.utils import register_all_modules
from mmengine.config import Config

from ..utils.errors import CheckpointError, MissingCheckpointError
from ..utils.extras import require
from ..utils.safe_globals import allow_mmengine_checkpoints

#: Packages whose modules a config may import: they are loaded already.
_IMPORTABLE = ('mmdet', 'mmdet_sodgan')
_REMEDY = 'give the config as the word before the checkpoint'


def read_checkpoint_config(checkpoint: str | Path) -> Config:
    """Read the config in a checkpoint; no code of the checkpoint runs.

    Args:
        checkpoint (str | Path): A local ``.pth`` of MMEngine or of ``sodgan publish``,
            or its ``.safetensors``.

    Returns:
        Config: The config.

    Raises:
        MissingCheckpointError: There is no such file.
        CheckpointError: It holds no config, or one that is more than names and values;
            one sentence.
    """
    path = Path(checkpoint).expanduser()
    if not path.is_file():
        raise MissingCheckpointError(f'There is no checkpoint file {path}.')
    meta = _read_meta(path)
    # The key was 'config' before mmengine.
    source = meta.get('cfg') or meta.get('config') if isinstance(meta, dict) else None
    if not isinstance(source, str):
        raise CheckpointError(f'The checkpoint {path} holds no config: {_REMEDY}.')
    try:
        values = _parse(source)
        _check_imports(values)
        registered = _registered()
        for name in _types(values):
            _check_type(name, registered)
        return Config(values)
    except (ValueError, TypeError, SyntaxError, RecursionError) as error:
        raise CheckpointError(
            f'The config in the checkpoint {path} is not used ({error}), since a '
            f'config can run code: {_REMEDY} if you trust it.'
        ) from None


def _read_meta(path: Path) -> object:
    """Read what a checkpoint holds beside the weights."""
    try:
        if path.suffix == '.safetensors':
            with require('safetensors', 'export').safe_open(path, 'pt') as file:
                return json.loads((file.metadata() or {}).get('meta', '{}'))
        allow_mmengine_checkpoints()
        # Mapped, of the weights nothing is read.
        loaded = torch.load(
            path,
            map_location='cpu',
            weights_only=True,
            mmap=zipfile.is_zipfile(path),
        )
        return loaded.get('meta', {}) if isinstance(loaded, dict) else {}
    # Whatever the reader of its format raises; loading the weights tells it in full.
    except (
        EOFError,
        LookupError,
        OSError,
        RuntimeError,
        ValueError,
        pickle.UnpicklingError,
    ):
        return {}


def _parse(source: str) -> dict:
    """Read the assignments of a dumped config."""
    values = {}
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values[name] = _value(value)
            case _:
                raise ValueError(f'line {statement.lineno} is no assignment')
    return values


def _value(node: ast.expr) -> object:
    """Read a value: a literal, or a call of ``dict`` on values."""
    match node:
        case ast.Call(func=ast.Name(id='dict'), args=[], keywords=words) if all(
            word.arg for word in words
        ):
            return {word.arg: _value(word.value) for word in words}
        # MMEngine's form of keys that are no names, such as 'rpn_head.narrow'.
        case ast.Call(
            func=ast.Name(id='dict'), args=[ast.Dict() as keyed], keywords=[]
        ):
            return _value(keyed)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_value(k): _value(v) for k, v in zip(keys, values, strict=True)}
        case ast.List(elts=entries):
            return [_value(entry) for entry in entries]
        case ast.Tuple(elts=entries):
            return tuple(_value(entry) for entry in entries)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f'line {node.lineno} holds more than values') from None


def _check_imports(config: Mapping) -> None:
    """Refuse to import modules that are not this project's or MMDetection's."""
    imports = config.get('custom_imports') or {}
    names = imports.get('imports', [])
    for name in [names] if isinstance(names, str) else names:
        if name.split('.')[0] not in _IMPORTABLE:
            raise ValueError(f'it imports {name}')


def _types(value: object) -> Iterator[object]:
    """Find all that a ``type`` names, which MMEngine calls, however deep it is."""
    if isinstance(value, Mapping):
        if 'type' in value:
            yield value['type']
        for inner in value.values():
            yield from _types(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _types(inner)


def _check_type(name: object, registered: frozenset[str]) -> None:
    """Refuse a type that is not registered: MMEngine would import it by its path."""
    plain = name.rpartition('.')[2] if isinstance(name, str) else None
    scoped = isinstance(name, str) and name in (
        plain,
        f'mmdet.{plain}',
        f'mmengine.{plain}',
    )
    if not scoped or plain not in registered:
        raise ValueError(f'its type {name!r} is not registered')


def _registered() -> frozenset[str]:
    """Name all that is registered with MMDetection and MMEngine, and mmcv's operators.

    A RoI extractor takes its ``roi_layer`` from these by name.
    """
    register_all_modules(init_default_scope=False)
    registries = [
        found
        for module in (mmengine.registry, mmdet.registry)
        for found in vars(module).values()
        if isinstance(found, mmengine.registry.Registry)
    ]
    names = (name for found in registries for name in found.module_dict)
    return frozenset((*names, *mmcv.ops.__all__))
