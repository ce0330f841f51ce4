"""Planning and resuming of the benchmark's runs; no training here."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from tools.benchmark import results, run, settings

NAME = 'deeppcb-160_r18'
BENCHMARKS = sorted(
    path.stem for path in (settings.ROOT / 'configs/benchmarks').glob('[!_]*.py')
)


def plan(*arguments, name='tiny'):
    return run.plan(run.parse_args([name, *arguments]))


def rows(runs):
    return [item.row for item in runs]


def test_a_teacher_is_trained_before_its_student_and_once(tiny):
    arguments = ['--rows', 'sodgan', 'control', 'oracle', '--seeds', '3', '4']
    order = ['oracle', 'sodgan', 'control']
    expected = [(row, seed) for seed in (3, 4) for row in order]
    assert [(r.row, r.seed) for r in plan(*arguments)] == expected
    # What is to be trained anew is asked for.
    assert rows(plan('--rows', 'lr', '--retrain', 'sodgan')) == ['lr', *order[:2]]


def test_student_starts_from_its_seeds_teacher_with_a_budget_of_its_own(tiny):
    teacher, student = plan('--rows', 'sodgan', '--seeds', '7')
    cfg = settings.run_config(student)
    assert cfg.load_from == str(student._replace(row='oracle').checkpoint)
    assert cfg.randomness.seed == 7
    configs = [settings.run_config(teacher), cfg]
    assert [c.train_cfg.max_epochs for c in configs] == [2, 3]
    assert [c.param_scheduler[-1].T_max for c in configs] == [2, 3]


def test_row_with_new_heads_has_the_epochs_of_its_teacher_and_its_layout(
    tiny, monkeypatch
):
    student = plan('--rows', 'sodgan')[-1]
    (layout,) = settings.run_config(student).custom_hooks
    assert layout['type'] == 'ChannelsLastHook'
    for option in ('student', 'channels_last'):
        monkeypatch.setitem(student.spec, option, False)
    assert (student.epochs, student.teacher.row) == (2, 'oracle')
    assert not settings.run_config(student).custom_hooks


def test_one_teacher_of_a_preset_starts_all_seeds(put, monkeypatch):
    monkeypatch.setitem(settings.load_benchmark('tiny').presets.cpu, 'teacher_seed', 2)
    runs = plan('--rows', 'sodgan', '--seeds', '3', '4')
    assert [item.name for item in runs] == [
        'oracle_seed2',
        'sodgan_seed3',
        'sodgan_seed4',
    ]
    teacher, *students = runs
    loaded = [settings.run_config(student).load_from for student in students]
    assert loaded == [str(teacher.checkpoint)] * 2
    # Finished ones of all seeds would be left without it.
    put('oracle', 2)
    later = [put('control', seed) for seed in (3, 5)]
    assert teacher.students == later
    assert put('oracle', 3).students == []


@pytest.mark.parametrize('name', BENCHMARKS)
def test_rows_differ_in_what_they_name_and_in_nothing_else(name):
    """Of every benchmark: the same images, budget and precision, another training."""
    preset = next(iter(settings.load_benchmark(name).presets))
    runs = plan('--preset', preset, name=name)
    assert len(runs) > 10
    configs = {item.row: settings.run_config(item) for item in runs}
    # Heads of another kind may learn by a recipe of their own.
    students = [configs[r.row] for r in runs if r.spec.get('student', True)]
    for read, compared in (
        (lambda c: c.optim_wrapper.type, students),
        (lambda c: c.optim_wrapper.clip_grad, students),
        (lambda c: settings.run_settings(c)['optimizer'], students),
        (lambda c: c.train_dataloader, configs.values()),
        (lambda c: c.test_dataloader, configs.values()),
        (lambda c: c.test_evaluator, configs.values()),
    ):
        values = {json.dumps(read(c), sort_keys=True, default=str) for c in compared}
        assert len(values) == 1
    # All of two stages are of one network.
    own = [c.model for c in configs.values() if 'rpn_head' in c.model]
    # SODGAN, with a level more, may hand on fewer anchors of each.
    most = configs['lr'].model.test_cfg.rpn.nms_pre
    assert all(model.test_cfg.rpn.pop('nms_pre') <= most for model in own)
    # Where its generator works is its own, of all its rows alike.
    thresholds = {
        (model.type == 'SODGAN', model.test_cfg.pop('detail_thr', None))
        for model in own
        if model.type == 'SODGAN' or 'detail_thr' in model.test_cfg
    }
    assert len(thresholds) == 1 and thresholds.pop()[0]
    for part in ('backbone', 'test_cfg'):
        assert len({json.dumps(model[part], sort_keys=True) for model in own}) == 1
    trainings = {(results.config_text(r), r.teacher) for r in runs}
    assert len(trainings) == len(runs)
    models = {row: cfg.model for row, cfg in configs.items()}
    # r is left out where it is the default, by all alike.
    scales = [m.data_preprocessor.get('scale_factor') for m in models.values()]
    assert len(set(filter(None, scales))) <= 1
    assert not models['control'].composite_loss
    assert not models['control'].data_preprocessor.with_hr
    through_d = {'adv', 'cls', 'reg'}
    assert through_d <= models['with-d'].composite_loss.keys()
    # The row without is there where SODGAN has them.
    has_d = through_d <= models['sodgan'].composite_loss.keys()
    assert has_d is ('without-d' in models)
    without = models['without-d' if has_d else 'sodgan'].composite_loss
    assert not any(without.get(term) for term in through_d)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--rows', 'nonsense'], '--rows nonsense is unknown: choose from .*sodgan'),
        (['--retrain', 'x'], '--retrain x is unknown: choose from lr, .*sodgan'),
        (['--preset', 'nonsense'], '--preset nonsense is unknown: choose from cpu'),
    ],
)
def test_unknown_names_are_refused(tiny, arguments, message):
    with pytest.raises(SystemExit, match=message):
        plan(*arguments)
    with pytest.raises(SystemExit, match='does not exist: choose one of tiny'):
        plan(name='nonsense')


@pytest.fixture
def usable(monkeypatch):
    """Names of the runs whose weights are there and of their result."""
    names = set()
    monkeypatch.setattr(
        run, 'usable', lambda item: results.finished(item) and item.name in names
    )
    return names


def test_no_teacher_is_replaced_beside_students_that_keep_their_results(put, usable):
    teacher, control = put('oracle'), put('control')
    # All is there, weights or not.
    assert run.unfinished([teacher, control]) == []
    asked = plan('--rows', 'sodgan')
    match = 'oracle_seed0 must be trained again, .* then control_seed0, already'
    with pytest.raises(SystemExit, match=match):
        run.unfinished(asked)
    assert rows(run.unfinished(asked, [])) == ['oracle', 'sodgan', 'control']
    usable.add('oracle_seed0')
    assert rows(run.unfinished(asked)) == ['sodgan']


def test_a_finished_row_is_trained_again_by_naming_it(put, usable):
    teacher, control, lr = put('oracle'), put('control'), put('lr')
    usable.add('oracle_seed0')
    runs = [teacher, control, lr]
    assert run.unfinished(runs) == run.unfinished(runs, []) == []
    assert run.unfinished(runs, ['lr']) == [lr]
    assert run.unfinished(runs, ['oracle']) == [teacher, control]


def test_teachers_without_weights_keep_their_place_before_their_students(put, usable):
    for seed in range(3):
        put('oracle', seed)
    runs = plan('--rows', 'lr', 'sodgan', '--seeds', '0', '1', '2')
    assert run.unfinished(runs) == runs


def test_progress_is_read_from_the_end_of_the_log(run_of):
    item = run_of('lr')
    item.log.parent.mkdir(parents=True)
    text = '11/28 - INFO - Epoch(train) [2][ {}/100]  lr: 3.5e-04  eta: {}  time: 3.9\n'
    item.log.write_text(text.format(20, '1:00:00') * 500)
    earlier = item.log.stat().st_size
    # Another attempt begins.
    assert run.progress(item, earlier) == 'lr_seed0: begins'
    with item.log.open('a') as file:
        file.write(text.format(40, '1 day, 3:29:13'))
    said = 'lr_seed0: [2][ 40/100]  lr: 3.5e-04  eta: 1 day, 3:29:13'
    assert run.progress(item, earlier) == run.progress(item, 0) == said


@pytest.fixture
def processes(monkeypatch):
    """Processes in place of trainings, by row: the Python code of each."""
    codes, started = {}, []

    def start(item, threads, anew):
        started.append(psutil.Popen([sys.executable, '-c', codes[item.row]]))
        return started[-1]

    monkeypatch.setattr(run, 'start', start)
    codes['started'] = started
    return codes


def test_a_run_in_training_elsewhere_is_told_from_a_failure(tiny, processes):
    processes['lr'] = f'raise SystemExit({run.BUSY})'
    with pytest.raises(SystemExit, match='^lr_seed0 is in training by another process'):
        run.train_all(plan('--rows', 'lr'), jobs=1)


def test_a_failed_training_names_its_log_and_stops_the_others(tiny, processes):
    processes['lr'] = 'import time; time.sleep(60)'
    processes['upscaled'] = 'raise SystemExit(1)'
    runs = plan('--rows', 'lr', 'upscaled')
    with pytest.raises(
        SystemExit, match=r'upscaled_seed0 failed; .*upscaled_seed0.log'
    ):
        run.train_all(runs, jobs=2)
    assert processes['started'][0].returncode == -signal.SIGTERM


def test_a_student_is_started_after_its_teacher_has_its_result(
    put, processes, monkeypatch, capsys
):
    put('lr')
    monkeypatch.setattr(run, 'usable', results.finished)
    teacher = put('oracle')
    result = teacher.result.read_text()
    teacher.result.unlink()
    processes['oracle'] = f'open({str(teacher.result)!r}, "w").write({result!r})'
    processes['sodgan'] = ''
    run.train_all(plan('--rows', 'lr', 'sodgan'), jobs=2)
    said = capsys.readouterr().out
    assert '3 runs; to train: oracle_seed0, sodgan_seed0\n' in said
    assert '1/2 oracle_seed0: ' in said and '2/2 sodgan_seed0: ' in said


def test_a_student_whose_teacher_was_overtaken_by_a_change_is_told(tiny, processes):
    # The settings change while the teacher trains: its result counts not.
    processes['oracle'] = ''
    with pytest.raises(SystemExit, match='sodgan_seed0 waits for oracle_seed0, whose'):
        run.train_all(plan('--rows', 'sodgan'), jobs=1)


def test_sigterm_stops_the_trainings(tmp_path):
    # A command of its own, as it replaces the process's handler.
    code = f"""
import os, signal, sys
import psutil
from tools.benchmark import run
def start(item, threads, anew):
    child = psutil.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
    open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))
    return child
wait = psutil.wait_procs
def interrupted(processes, timeout=None):
    if timeout:
        os.kill(os.getpid(), signal.SIGTERM)
    return wait(processes, timeout)
psutil.wait_procs = interrupted
run.start, run.finished = start, lambda item: False
run.main([{NAME!r}, '--rows', 'lr'])
"""
    command = [sys.executable, '-W', 'ignore', '-c', code]
    done = subprocess.run(command, cwd=settings.ROOT)
    assert done.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / 'pid').read_text()), 0)


def test_a_training_is_a_process_of_the_package(run_of, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        psutil, 'Popen', lambda command, **options: asked.update(options, c=command)
    )
    monkeypatch.setenv('OMP_WAIT_POLICY', 'ACTIVE')
    run.start(run_of('lr', 3), 2, True)
    command = ['-m', 'tools.benchmark.train_run', 'tiny', 'cpu', 'lr', '3', '--anew']
    assert asked['c'][-7:] == command
    # The user's own choice stays.
    assert asked['env']['OMP_WAIT_POLICY'] == 'ACTIVE'
    assert asked['env']['OMP_NUM_THREADS'] == asked['env']['MKL_NUM_THREADS'] == '2'
