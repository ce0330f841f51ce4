"""What a training was made of: its length, data, classes and start."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from ..utils.errors import UserError
from .checks.stage import Stage
from .safe_loading import enable_safe_loading

LENGTHS = ('max_epochs', 'max_iters')


def find_origin(cfg: Config) -> dict[str, Any]:
    """Tell what a training is made of, for :func:`read_origin` to read afterwards.

    Args:
        cfg (Config): Its config, with ``work_dir``. Its annotation files are read.

    Returns:
        dict[str, Any]: By key of the config. A start is told as seen from the work
        folder and a file by its name and content, as a project may be moved.
    """
    start = cfg.get('load_from')
    if start and '://' not in start:
        start = os.path.relpath(start, cfg.work_dir)
    origin = dict(load_from=start)
    for name in ('train', 'val', 'test'):
        loader = cfg.get(f'{name}_dataloader') or {}
        # MMEngine also takes a data set that is built already.
        if not isinstance(loader.get('dataset'), Mapping):
            continue
        stage = Stage(cfg, name)
        origin.setdefault('classes', list(stage.classes or ()))
        files = [Path(path) for path in stage.ann_files]
        origin[f'{stage.key}.ann_file'] = ', '.join(
            f'{path.name} (SHA-256 {_digest(path)})' for path in files if path.is_file()
        )
    return origin


def _digest(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()[:8]


def read_origin(checkpoint: Path) -> dict[str, Any]:
    """Read what the training of a checkpoint was made of.

    Args:
        checkpoint (Path): The file.

    Returns:
        dict[str, Any]: As :func:`find_origin`, with ``max_epochs``, ``max_iters``, and
        ``epoch``, the number of epochs that it has behind it; without what the
        checkpoint, a published one for example, does not know.
    """
    enable_safe_loading()
    content = CheckpointLoader.load_checkpoint(str(checkpoint), 'cpu', logger='silent')
    info = content.get('message_hub', {}).get('runtime_info', {})
    origin = {key: info[key] for key in LENGTHS if key in info}
    if 'epoch' in content.get('meta', {}):
        origin['epoch'] = content['meta']['epoch']
    return origin | info.get('origin', {})


def check_origin(
    checkpoint: Path, cfg: Config, origin: Mapping | None = None, length: bool = True
) -> None:
    """Refuse a checkpoint from a training that is not the config's.

    Args:
        checkpoint (Path): The file.
        cfg (Config): The config, with ``work_dir``.
        origin (Mapping | None): What :func:`read_origin` gives, if it is read already.
        length (bool): Whether the length counts. Defaults to True.

    Raises:
        UserError: They differ; one sentence.
    """
    before = read_origin(checkpoint) if origin is None else origin
    now = find_origin(cfg)
    if length:
        lengths = {key: cfg.train_cfg.get(key) for key in LENGTHS}
        now |= {key: value for key, value in lengths.items() if value is not None}
    for key, wanted in now.items():
        if before.get(key, wanted) != wanted:
            raise UserError(
                f'{checkpoint} is from a training with {key} = {before[key]}, and '
                f'{cfg.filename} is to have {wanted}: make the two agree, or move '
                f'{cfg.work_dir} away, or choose another folder with --work-dir.'
            )
