"""What a benchmark file says, and the config of one of its runs."""

import copy
import functools
import json
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]


class Run(NamedTuple):
    """One training: a row of a benchmark file with a preset's budget and a seed."""

    benchmark: str
    preset: str
    row: str
    seed: int

    @property
    def name(self) -> str:
        """How logs and files name the run."""
        return f'{self.row}_seed{self.seed}'

    @property
    def result(self) -> Path:
        """It holds the figures and is committed."""
        return results_dir(self.benchmark, self.preset) / f'{self.name}.json'

    @property
    def work_dir(self) -> Path:
        """It holds checkpoints and logs, which are not committed."""
        return ROOT.joinpath('work_dirs', 'benchmark', *self[:2], self.name)

    @property
    def log(self) -> Path:
        """It gets the output of the run's process."""
        return self.work_dir.with_name(f'{self.name}.log')

    @property
    def checkpoint(self) -> Path:
        """It holds the weights at the end of the training."""
        return self.work_dir / 'last.pth'

    @property
    def stamp(self) -> Path:
        """It says what the weights in the work_dir were made of."""
        return self.work_dir / 'stamp.json'

    @property
    def spec(self) -> dict:
        """The row as the benchmark file gives it."""
        return load_benchmark(self.benchmark).rows[self.row]

    @property
    def budget(self) -> dict:
        """The preset as the benchmark file gives it."""
        return load_benchmark(self.benchmark).presets[self.preset]

    @property
    def epochs(self) -> int:
        """Length of the training; a preset may give students fewer.

        A row that only starts from a teacher's backbone, with heads of its own, is
        none.
        """
        students = self.spec.get('student', True) and self.budget.get('student_epochs')
        return (self.teacher and students) or self.budget['epochs']

    @property
    def teacher(self) -> 'Run | None':
        """The run whose weights this one starts from and imitates.

        It has the same seed, or that of the one teacher that a preset gives to all.
        """
        name = self.spec.get('teacher')
        seed = self.budget.get('teacher_seed', self.seed)
        return name and self._replace(row=name, seed=seed)

    @property
    def students(self) -> list['Run']:
        """The runs with a result that started from this one."""
        folder = results_dir(self.benchmark, self.preset)
        # '<row>_seed<seed>.json', see 'name'.
        names = [path.stem.rpartition('_seed') for path in folder.glob('*_seed*.json')]
        rows = load_benchmark(self.benchmark).rows
        runs = [self._replace(row=r, seed=int(s)) for r, _, s in names if r in rows]
        return sorted(run for run in runs if run.teacher == self)


def results_dir(benchmark: str, preset: str) -> Path:
    """Folder of the result files."""
    return ROOT / 'docs' / 'results' / 'benchmark' / f'{benchmark}_{preset}'


@functools.cache
def load_benchmark(name: str) -> Config:
    """Read ``configs/benchmarks/<name>.py``.

    Raises:
        SystemExit: There is none; lists those that exist.
    """
    path = ROOT / 'configs' / 'benchmarks' / f'{name}.py'
    if not path.is_file():
        known = ', '.join(sorted(p.stem for p in path.parent.glob('[!_]*.py')))
        raise SystemExit(f'{path} does not exist: choose one of {known}.')
    benchmark = Config.fromfile(path)
    for row in benchmark.rows.values():
        # A row names one of the benchmark's configs.
        row.config = benchmark.configs[row.config]
    return benchmark


#: Rows share a few files, and reading one takes a second.
_read = functools.cache(Config.fromfile)


def load_config(path: str, options: dict) -> Config:
    """Read a config below the root and lay options by dotted key over it."""
    cfg = copy.deepcopy(_read(ROOT / path))
    # Merging takes '_delete_' out of the dicts that it is given.
    cfg.merge_from_dict(copy.deepcopy(options))
    return cfg


def run_config(run: Run) -> Config:
    """The whole config of a run, ready for mmengine's Runner."""
    options = {**run.budget.get('cfg_options', {}), **run.spec.get('cfg_options', {})}
    cfg = load_config(f'configs/{run.spec["config"]}', options)
    cfg.train_cfg.max_epochs = cfg.param_scheduler[-1].T_max = run.epochs
    cfg.train_cfg.val_interval = max(1, run.epochs // 3)
    cfg.test_dataloader, cfg.test_evaluator = cfg.val_dataloader, cfg.val_evaluator
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=1)
    cfg.default_hooks.logger.interval = 20
    if run.spec.get('channels_last', True):
        cfg.custom_hooks.append(dict(type='ChannelsLastHook'))
    cfg.randomness = dict(seed=run.seed)
    if run.teacher is not None:
        cfg.load_from = str(run.teacher.checkpoint)
    cfg.work_dir = str(run.work_dir)
    return cfg


def run_settings(cfg: Config) -> dict:
    """What a run is asked for, as JSON, in words that no renaming of ours touches."""
    found = dict(
        epochs=cfg.train_cfg.max_epochs,
        batch_size=cfg.train_dataloader.batch_size,
        train_annotations=Path(cfg.train_dataloader.dataset.ann_file).stem,
        test_annotations=Path(cfg.val_dataloader.dataset.ann_file).stem,
        loaded_px=loaded_side(cfg),
        optimizer=dict(cfg.optim_wrapper.optimizer),
        pretrained=(cfg.model.backbone.get('init_cfg') or {}).get('checkpoint'),
    )
    return json.loads(json.dumps(found))


def loaded_side(cfg: Config) -> int:
    """Longer side of the images that the pipeline loads, in px."""
    (resize,) = [t for t in cfg.val_dataloader.dataset.pipeline if t.type == 'Resize']
    return max(resize.scale)
