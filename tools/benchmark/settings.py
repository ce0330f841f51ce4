"""What a benchmark file says, and the config of one of its runs."""

import copy
import functools
import hashlib
import inspect
import json
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config
from mmengine.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
# What saves, watches or resumes and leaves the weights as they are: type to the one
# that it stands for. A change of these makes no result another experiment.
NEUTRAL = dict(
    AtomicCheckpointHook='CheckpointHook',
    PreemptionHook=None,
    GANWatchHook=None,
    ResumableTrainLoop='EpochBasedTrainLoop',
)


class Run(NamedTuple):
    """One training of the benchmark.

    Attributes:
        benchmark (str): Name of the benchmark file.
        preset (str): Budget.
        row (str): Key of the row.
        seed (int): Of the training.
    """

    benchmark: str
    preset: str
    row: str
    seed: int

    @property
    def name(self) -> str:
        """For logs and file names."""
        return f'{self.row}_seed{self.seed}'

    @property
    def work_dir(self) -> Path:
        """Checkpoints and logs; not committed."""
        folder = ROOT / 'work_dirs' / 'benchmark' / self.benchmark / self.preset
        return folder / self.name

    @property
    def log(self) -> Path:
        """Output of its process; not committed."""
        return self.work_dir.parent / f'{self.name}.log'

    @property
    def result(self) -> Path:
        """Its figures; committed."""
        return results_dir(self.benchmark, self.preset) / f'{self.name}.json'

    @property
    def checkpoint(self) -> Path:
        """Weights at the end of the training."""
        return self.work_dir / 'last.pth'

    @property
    def stamp(self) -> Path:
        """Which code and settings the weights in the work_dir come from."""
        return self.work_dir / 'stamp.json'

    @property
    def spec(self) -> dict:
        """The row of the benchmark file."""
        return load_benchmark(self.benchmark).rows[self.row]

    @property
    def epochs(self) -> int:
        """Budget of the training; a preset may give students fewer."""
        preset = load_benchmark(self.benchmark).presets[self.preset]
        own = self.teacher and preset.get('student_epochs')
        return own or preset['epochs']

    @property
    def teacher(self) -> 'Run | None':
        """The run whose weights this one starts from and imitates."""
        name = self.spec.get('teacher')
        return None if name is None else self._replace(row=name)


def results_dir(benchmark: str, preset: str) -> Path:
    """Folder of the result files."""
    return ROOT / 'docs' / 'results' / 'benchmark' / f'{benchmark}_{preset}'


@functools.cache
def load_benchmark(name: str) -> Config:
    """Read ``configs/benchmarks/<name>.py``.

    Raises:
        SystemExit: There is none; lists those that exist.
    """
    folder = ROOT / 'configs' / 'benchmarks'
    path = folder / f'{name}.py'
    if not path.is_file():
        names = sorted(p.stem for p in folder.glob('*.py') if p.stem[0] != '_')
        known = ', '.join(names)
        raise SystemExit(f'{path} does not exist: choose one of {known}.')
    benchmark = Config.fromfile(path)
    for row in benchmark.rows.values():
        # A row names one of the benchmark's configs.
        row.config = benchmark.configs[row.config]
    return benchmark


def load_config(path: str, options: dict) -> Config:
    """Read a config and lay options over it.

    Args:
        path (str): Below the root of the repository.
        options (dict): Value by dotted key; left as they are.

    Returns:
        Config: Of its own.
    """
    cfg = Config.fromfile(ROOT / path)
    # Merging takes '_delete_' out of the dicts that it is given.
    cfg.merge_from_dict(copy.deepcopy(options))
    return cfg


def run_config(run: Run) -> Config:
    """The whole config of a run.

    Args:
        run (Run): Which.

    Returns:
        Config: Ready for mmengine's Runner.
    """
    benchmark = load_benchmark(run.benchmark)
    preset, row = benchmark.presets[run.preset], run.spec
    options = {**preset.get('cfg_options', {}), **row.get('cfg_options', {})}
    cfg = load_config(f'configs/{row["config"]}', options)
    epochs = run.epochs
    cfg.train_cfg.max_epochs = epochs
    cfg.train_cfg.val_interval = max(1, epochs // 3)
    cfg.param_scheduler[-1].T_max = epochs
    cfg.test_dataloader, cfg.test_evaluator = cfg.val_dataloader, cfg.val_evaluator
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=1)
    cfg.default_hooks.logger.interval = 20
    cfg.custom_hooks.append(dict(type='ChannelsLastHook'))
    cfg.randomness = dict(seed=run.seed)
    if run.teacher is not None:
        cfg.load_from = str(run.teacher.checkpoint)
    cfg.work_dir = str(run.work_dir)
    return cfg


def short_hash(content: bytes) -> str:
    """The hash by which result files name code, settings, data and trainings."""
    return hashlib.sha256(content).hexdigest()[:12]


def settings_hash(run: Run) -> str:
    """Hash of all in the config that has a say in the weights.

    That is what a Runner reads, but for where files lie and for NEUTRAL parts.
    """
    cfg = run_config(run).to_dict()
    read = {*inspect.signature(Runner).parameters, 'model_wrapper_cfg'} - {'work_dir'}
    cfg = {key: value for key, value in cfg.items() if key in read}
    cfg['default_hooks'] = {
        key: neutral
        for key, hook in cfg['default_hooks'].items()
        if (neutral := _neutral(hook)) is not None
    }
    cfg['custom_hooks'] = [
        neutral for h in cfg['custom_hooks'] if (neutral := _neutral(h)) is not None
    ]
    cfg['train_cfg'] = _neutral(cfg['train_cfg'])
    text = json.dumps(cfg, sort_keys=True, default=str).replace(str(ROOT), '')
    return short_hash(text.encode())


def data_version(run: Run) -> dict[str, str]:
    """Hashes of the annotations of a run, whose paths alone are in its config.

    Args:
        run (Run): Which.

    Returns:
        dict[str, str]: By 'train' and 'test'; 'missing' where there is no file.
    """
    cfg = run_config(run)
    versions = {}
    for split in ('train', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        path = ROOT / dataset.data_root / dataset.ann_file
        found = path.is_file()
        versions[split] = short_hash(path.read_bytes()) if found else 'missing'
    return versions


def _neutral(part: dict) -> dict | None:
    """What a hook or loop stands for, or None for nothing."""
    # With this action a hook of NEUTRAL changes the training after all.
    if part.get('action') == 'cool_down':
        return part
    kind = NEUTRAL.get(part['type'], part['type'])
    return None if kind is None else part | dict(type=kind)
