"""Result files: what a run was made of, which results count, curves from its logs.

A result is the run's settings, annotations, seed and teacher. Commit, config and
libraries are kept as evidence of how it was made: code may change beside finished
results, and what changed it for good is trained again by ``--retrain``.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from mmdet_sodgan.utils.atomic_write import write_atomically

from .settings import ROOT, Run, run_config, run_settings

#: What is kept of the lines of a training's log.
LOGGED = re.compile('^step$|loss|^d_|grad_norm|^acc$')

#: Parts of a config that decide what a run computes.
DECIDING = (
    *('model', 'train_dataloader', 'test_dataloader', 'train_cfg'),
    *('optim_wrapper', 'param_scheduler', 'custom_hooks'),
)


def read(path: Path) -> dict:
    """Content of a JSON; nothing where there is none."""
    return json.loads(path.read_text()) if path.is_file() else {}


def save(content: dict, path: Path) -> None:
    """Write a JSON whole, so that an interruption leaves the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, f'{json.dumps(content, indent=1)}\n'.encode())


def short_hash(content: bytes) -> str:
    """The hash by which result files name configs, annotations and trainings."""
    return hashlib.sha256(content).hexdigest()[:12]


def config_text(run: Run) -> str:
    """All of a run's config but seed and paths, the same for all seeds of a row."""
    unsaid = dict(work_dir=None, load_from=None, randomness=None)
    content = run_config(run).to_dict() | unsaid
    text = json.dumps(content, indent=1, sort_keys=True, default=str)
    return text.replace(f'{ROOT}/', '') + '\n'


def config_numbers(config: object) -> Iterator[float]:
    """The numbers in a config, which a renaming of keys and classes leaves alone."""
    if isinstance(config, dict | list):
        for part in config.values() if isinstance(config, dict) else config:
            yield from config_numbers(part)
    elif isinstance(config, int | float):
        yield float(config)


def values_changed(run: Run) -> bool:
    """Whether a result's config had other numbers than the run's has now."""
    name = f'{read(run.result)["config_hash"]}.json'
    configs = read(run.result.parent / 'configs' / name), json.loads(config_text(run))
    kept, now = ([config.get(part) for part in DECIDING] for config in configs)
    return sorted(config_numbers(kept)) != sorted(config_numbers(now))


def libraries() -> dict[str, str]:
    """Versions that figures depend on; torch's is part of the provenance."""
    names = ('cv2', 'mmcv', 'mmdet', 'mmengine', 'numpy')
    found = {name: import_module(name).__version__ for name in names}
    return found | dict(pycocotools=version('pycocotools'))


def inputs(run: Run) -> dict:
    """What a run would be made of now.

    Returns:
        dict: 'settings'; 'annotations', their hashes by split, 'missing' where there
        is no file; 'teacher', the result that it takes its weights from and the hash
        of the losses in it, None in its place where there is none.
    """
    cfg = run_config(run)
    annotations = {}
    for split in ('train', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        path = ROOT / dataset.data_root / dataset.ann_file
        there = path.is_file()
        annotations[split] = short_hash(path.read_bytes()) if there else 'missing'
    teacher = run.teacher and taken_from(run.teacher, read(run.teacher.result))
    return dict(settings=run_settings(cfg), annotations=annotations, teacher=teacher)


def taken_from(teacher: Run, result: dict) -> dict:
    """How a student's result names the one that its weights come from.

    Weights are not committed; losses are, and those of the same weights are the same.
    """
    train = result and json.dumps(result['curves']['train'], sort_keys=True)
    losses = short_hash(train.encode()) if train else None
    return dict(result=teacher.result.name, losses=losses)


def finished(run: Run) -> bool:
    """Whether there is a result of the present settings, annotations and teacher."""
    result = read(run.result)
    return bool(result) and inputs(run).items() <= result.items()


def usable(teacher: Run) -> bool:
    """Whether a student can start from it: its weights are those of its result.

    They are not where a training was repeated and stopped before its test.
    """
    if not teacher.checkpoint.is_file() or not finished(teacher):
        return False
    logged = dict(curves=curves(teacher.work_dir))
    return taken_from(teacher, logged) == taken_from(teacher, read(teacher.result))


def curves(work_dir: Path) -> dict[str, list]:
    """Losses (mean of twenty iterations) and validations from mmengine's logs.

    An interrupted training has several. 'seconds' are those of the iterations.
    """
    logs = sorted(work_dir.glob('*/vis_data/scalars.json'))
    rows = [json.loads(line) for log in logs for line in log.open()]
    steps = {row['step']: row for row in rows if 'loss' in row}
    validations = {row['step']: row for row in rows if 'coco/bbox_mAP' in row}
    train = [
        {k: round(v, 5) for k, v in row.items() if LOGGED.search(k)}
        for _, row in sorted(steps.items())
    ]
    val = [
        {k: v for k, v in row.items() if k == 'step' or k.startswith('coco/')}
        for _, row in sorted(validations.items())
    ]
    return dict(train=train, val=val, seconds=[row['time'] for row in steps.values()])
