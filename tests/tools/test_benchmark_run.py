"""Planning and resuming of the benchmark's runs; no training here."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools' / 'benchmark'
NAME = 'deeppcb-160_r18'


@pytest.fixture
def run(monkeypatch):
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(TOOLS))
    import run

    yield run
    for name in set(sys.modules) - before:
        if str(TOOLS) in str(getattr(sys.modules[name], '__file__', '')):
            del sys.modules[name]


KINDS = ('lr', 'upscaled', 'oracle', 'sodgan', 'control')
BENCHMARKS = sorted(
    path.stem
    for path in (TOOLS.parents[1] / 'configs' / 'benchmarks').glob('*.py')
    if not path.stem.startswith('_')
)


def plan(run, *arguments):
    return run.plan(run.parse_args([NAME, *arguments]))


def test_a_teacher_is_trained_before_its_student_and_once(run):
    runs = plan(run, '--rows', 'sodgan', 'control', 'oracle', '--seeds', '3', '4')
    assert [(r.row, r.seed) for r in runs] == [
        ('oracle', 3),
        ('sodgan', 3),
        ('control', 3),
        ('oracle', 4),
        ('sodgan', 4),
        ('control', 4),
    ]


def test_student_starts_from_its_seeds_teacher(run):
    (_, student) = plan(run, '--rows', 'sodgan', '--seeds', '7')
    cfg = sys.modules['settings'].run_config(student)
    checkpoint = str(student._replace(row='oracle').checkpoint)
    assert cfg.load_from == checkpoint and cfg.model.hr_branch.frozen
    assert cfg.randomness.seed == 7


def test_preset_may_give_students_an_own_budget(run):
    teacher, student = plan(run, '--rows', 'sodgan', '--preset', 'cpu-12e')
    configs = [sys.modules['settings'].run_config(r) for r in (teacher, student)]
    assert [c.train_cfg.max_epochs for c in configs] == [12, 6]
    assert [c.param_scheduler[-1].T_max for c in configs] == [12, 6]


def test_settings_are_those_of_a_run_without_the_hooks_that_only_watch(
    run, monkeypatch
):
    settings = sys.modules['settings']
    (item,) = plan(run, '--rows', 'lr')
    cfg = settings.run_config(item)
    monkeypatch.setattr(settings, 'run_config', lambda _: cfg)
    expected = settings.settings_hash(item)
    # As the configs were before.
    cfg.default_hooks.checkpoint.type = 'CheckpointHook'
    del cfg.default_hooks['preemption']
    cfg.train_cfg.type = 'EpochBasedTrainLoop'
    assert settings.settings_hash(item) == expected
    cfg.custom_hooks.append(dict(type='GANWatchHook', patience=3))
    assert settings.settings_hash(item) == expected
    cfg.custom_hooks[-1]['action'] = 'cool_down'
    assert settings.settings_hash(item) != expected
    cfg.custom_hooks[-1] = dict(type='PreciseBNHook')
    assert settings.settings_hash(item) != expected


def test_all_rows_share_budget_data_and_precision(run):
    runs = plan(run, '--rows', *KINDS, 'wo-adv')
    configs = [sys.modules['settings'].run_config(r) for r in runs]
    for read in (
        lambda c: c.train_cfg.max_epochs,
        lambda c: list(c.param_scheduler),
        lambda c: c.optim_wrapper.optimizer,
        lambda c: c.optim_wrapper.type,
        lambda c: c.optim_wrapper.clip_grad,
        lambda c: c.train_dataloader,
        lambda c: c.test_evaluator,
        lambda c: c.model.backbone,
        lambda c: c.model.neck,
        lambda c: c.model.train_cfg,
        lambda c: c.model.test_cfg,
    ):
        assert (
            len({json.dumps(read(c), sort_keys=True, default=str) for c in configs})
            == 1
        )


@pytest.mark.parametrize('name', BENCHMARKS)
def test_every_row_of_every_benchmark_is_tested_on_the_same_images(run, name):
    runs = run.plan(run.parse_args([name, '--preset', 'full', '--rows', *KINDS]))
    configs = {r.row: sys.modules['settings'].run_config(r) for r in runs}
    loaders = {str(cfg.test_dataloader) for cfg in configs.values()}
    assert len(loaders) == 1
    r = {
        row: cfg.model.data_preprocessor.scale_factor
        for row, cfg in configs.items()
        if 'scale_factor' in cfg.model.data_preprocessor
    }
    # Left out where it is the default, by all alike.
    assert len(set(r.values())) <= 1 and (not r or 'sodgan' in r)
    terms = configs['control'].model.composite_loss
    assert not terms and not configs['control'].model.data_preprocessor.with_hr


@pytest.mark.parametrize('name', BENCHMARKS)
def test_every_row_of_every_benchmark_is_another_training(run, name):
    settings = sys.modules['settings']
    rows = settings.load_benchmark(name).rows
    runs = run.plan(run.parse_args([name, '--rows', *rows]))
    hashes = {r.row: settings.settings_hash(r) for r in runs}
    assert len(set(hashes.values())) == len(rows) > 10
    for row, has_gan in {'sodgan': False, 'constant': False, 'all-terms': True}.items():
        terms = settings.run_config(settings.Run(name, 'cpu', row, 0)).model
        weights = [terms.composite_loss[x].loss_weight for x in ('adv', 'cls', 'reg')]
        assert all(weights) is any(weights) is has_gan


def test_hash_of_settings_is_that_of_what_a_runner_reads(run, monkeypatch):
    settings = sys.modules['settings']
    item = plan(run, '--rows', 'control')[-1]
    # Twice: merging takes '_delete_' out of the dicts that it is given.
    cfg, before = settings.run_config(item), settings.settings_hash(item)
    assert not settings.run_config(item).model.composite_loss
    for key, value, same in (
        ('sodgan', {}, True),  # a variable of the config
        ('work_dir', '/elsewhere', True),
        ('model_wrapper_cfg', {'type': 'Other'}, False),
        ('randomness', {'seed': 99}, False),
    ):
        changed = cfg.copy()
        changed[key] = value
        monkeypatch.setattr(settings, 'run_config', lambda _, cfg=changed: cfg)
        assert (settings.settings_hash(item) == before) is same, key


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--rows', 'nonsense'], r'--rows nonsense is unknown: choose from .*sodgan'),
        (['--preset', 'nonsense'], r'--preset nonsense is unknown: choose one of cpu'),
    ],
)
def test_unknown_names_are_refused(run, arguments, message):
    with pytest.raises(SystemExit, match=message):
        plan(run, *arguments)


def test_unknown_benchmark_lists_those_that_exist(run):
    with pytest.raises(SystemExit, match=f'does not exist: choose one of .*{NAME}'):
        run.plan(run.parse_args(['nonsense']))


def test_a_student_waits_for_the_result_of_a_teacher_in_training(run, monkeypatch):
    teacher, student = plan(run, '--rows', 'sodgan')
    # Its weights and an older result lie there already.
    monkeypatch.setattr(run, 'usable', lambda item: True)
    assert run.first_ready([student], [teacher]) is None
    assert run.first_ready([teacher, student], []) == teacher
    assert run.first_ready([student], []) == student


def test_progress_is_read_from_the_end_of_the_log(run, monkeypatch, tmp_path):
    log = tmp_path / 'run.log'
    monkeypatch.setattr(type(plan(run)[0]), 'log', property(lambda _: log))
    (item,) = plan(run, '--rows', 'lr')
    text = '11/28 - INFO - Epoch(train) [2][ {}/100]  lr: 3.5e-04  eta: {}  time: 3.9\n'
    log.write_text(text.format(20, '1:00:00') * 500)
    earlier = log.stat().st_size
    # Another attempt begins.
    assert run.progress(item, earlier) is None
    with log.open('a') as file:
        file.write(text.format(40, '1 day, 3:29:13'))
    said = 'lr_seed0: epoch 2 of 6, 40/100, 1 day, 3:29:13 left'
    assert run.progress(item, earlier) == run.progress(item, 0) == said


def test_a_run_in_training_elsewhere_is_told_from_a_failure(run, monkeypatch):
    class Process:
        returncode = run.BUSY

        def poll(self):
            return self.returncode

    monkeypatch.setattr(run, 'start', lambda item, threads: Process())
    monkeypatch.setattr(run, 'finished', lambda item: False)
    monkeypatch.setattr(run.time, 'sleep', lambda seconds: None)
    with pytest.raises(SystemExit, match='^lr_seed0 is in training by another process'):
        run.train_all(plan(run, '--rows', 'lr'), jobs=1)


def test_a_failed_training_names_its_log_and_stops_the_others(run, monkeypatch):
    class Process:
        def __init__(self, code):
            self.returncode, self.stopped = code, False

        def poll(self):
            return self.returncode

        def terminate(self):
            self.stopped = 'told'

        def wait(self):
            self.stopped = self.stopped and 'waited for'

    processes = [Process(None), Process(1)]
    waiting = list(processes)
    monkeypatch.setattr(run, 'start', lambda item, threads: waiting.pop(0))
    monkeypatch.setattr(run, 'finished', lambda item: False)
    monkeypatch.setattr(run.time, 'sleep', lambda seconds: None)
    runs = plan(run, '--rows', 'lr', 'upscaled')
    with pytest.raises(
        SystemExit, match=r'upscaled_seed0 failed; .*upscaled_seed0\.log'
    ):
        run.train_all(runs, jobs=2)
    assert processes[0].stopped == 'waited for'


def test_a_student_whose_teacher_was_overtaken_by_a_change_is_told(run, monkeypatch):
    class Process:
        returncode = 0

        def poll(self):
            return 0

    monkeypatch.setattr(run, 'start', lambda item, threads: Process())
    # The code changes while the teacher trains: its result is there and counts not.
    monkeypatch.setattr(run, 'finished', lambda item: False)
    monkeypatch.setattr(run.time, 'sleep', lambda seconds: None)
    with pytest.raises(SystemExit, match='sodgan_seed0 waits for oracle_seed0, whose'):
        run.train_all(plan(run, '--rows', 'sodgan'), jobs=1)


def test_sigterm_stops_the_trainings(tmp_path):
    # A command of its own, as it replaces the process's handler.
    code = f"""
import os, signal, subprocess, sys
sys.path.insert(0, {str(TOOLS)!r})
import run
def start(item, threads):
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
    open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))
    return child
run.time.sleep = lambda seconds: os.kill(os.getpid(), signal.SIGTERM)
run.start, run.finished = start, lambda item: False
run.main([{NAME!r}, '--rows', 'lr'])
"""
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code])
    assert done.returncode == 128 + signal.SIGTERM
    child = int((tmp_path / 'pid').read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_finished_teacher_without_weights_is_trained_again(run, monkeypatch):
    runs = plan(run, '--rows', 'sodgan')
    started = []

    class Stop(Exception):
        pass

    def start(item, threads):
        started.append(item.row)
        raise Stop

    monkeypatch.setattr(run, 'start', start)
    monkeypatch.setattr(run, 'finished', lambda item: item.row == 'oracle')
    for weights, first in ((False, 'oracle'), (True, 'sodgan')):
        monkeypatch.setattr(run, 'usable', lambda item, there=weights: there)
        with pytest.raises(Stop):
            run.train_all(runs, jobs=1)
        assert started.pop() == first


def test_teachers_without_weights_keep_their_place_before_their_students(
    run, monkeypatch
):
    runs = plan(run, '--rows', 'lr', 'sodgan', '--seeds', '0', '1', '2')
    monkeypatch.setattr(run, 'finished', lambda item: item.row == 'oracle')
    monkeypatch.setattr(run, 'usable', lambda item: False)
    assert run.unfinished(runs) == runs
