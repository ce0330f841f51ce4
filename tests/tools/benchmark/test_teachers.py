"""Which results count, and whose weights a student may start from."""

import json

import pytest


@pytest.fixture
def run(benchmark_tool):
    return benchmark_tool('run')


def plan(run, *arguments):
    return run.plan(run.parse_args(['deeppcb-160_r18', *arguments]))


def test_a_result_counts_only_while_code_and_settings_are_the_same(
    run, benchmark_tool, monkeypatch, tmp_path
):
    settings = benchmark_tool('settings')
    monkeypatch.setattr(settings, 'results_dir', lambda *_: tmp_path)
    item = plan(run, '--rows', 'lr')[0]
    assert not run.finished(item)
    code = benchmark_tool('code_version').current_version(
        ['mmdet_sodgan.models.detectors.sodgan']
    )
    data = settings.data_version(item)
    result = dict(
        settings=settings.settings_hash(item), code=code, data=data, teacher=None
    )
    item.result.write_text(json.dumps(result))
    assert run.finished(item)
    for changed in (
        dict(result, settings='0'),
        dict(result, code=dict.fromkeys(code, '0')),
        dict(result, data=dict(train='0', test='0')),
        # As results once were.
        {key: result[key] for key in ('settings', 'code')},
    ):
        item.result.write_text(json.dumps(changed))
        assert not run.finished(item)


@pytest.fixture
def put(run, benchmark_tool, monkeypatch, tmp_path):
    """Writes the result of a run, of present code, settings, data and teacher."""
    settings, teachers = map(benchmark_tool, ('settings', 'teachers'))
    monkeypatch.setattr(settings, 'results_dir', lambda *_: tmp_path)

    def write(item, loss):
        result = dict(
            settings=settings.settings_hash(item),
            code={},
            data=settings.data_version(item),
            teacher=teachers.teacher_version(item),
            curves=dict(train=[dict(step=20, loss=loss)]),
        )
        item.result.write_text(json.dumps(result))

    return write


def test_a_student_of_another_training_of_its_teacher_is_not_finished(run, put):
    teacher, student = plan(run, '--rows', 'sodgan')
    put(student, 1.0)
    # It names no training: there is no result of its teacher.
    put(teacher, 0.5)
    assert run.finished(teacher) and not run.finished(student)
    put(student, 1.0)
    assert run.finished(student)
    # The same settings and code elsewhere: other losses, so other weights.
    put(teacher, 0.75)
    assert run.finished(teacher) and not run.finished(student)
    put(teacher, 0.5)
    assert run.finished(student)


@pytest.fixture
def usable(run, monkeypatch):
    """Names of the runs whose weights are there and of their result."""
    names = set()
    monkeypatch.setattr(
        run, 'usable', lambda item: run.finished(item) and item.name in names
    )
    return names


def test_no_teacher_is_replaced_beside_students_that_keep_their_results(
    run, put, usable
):
    teacher, control = plan(run, '--rows', 'control')
    put(teacher, 0.5)
    put(control, 1.0)
    # All is there, weights or not.
    assert run.unfinished([teacher, control]) == []
    asked = plan(run, '--rows', 'sodgan')
    match = 'oracle_seed0 must be trained again, .* then control_seed0, already'
    with pytest.raises(SystemExit, match=match):
        run.unfinished(asked)
    again = run.unfinished(asked, retrain=True)
    assert {item.row for item in again} == {'oracle', 'sodgan', 'control'}
    usable.add('oracle_seed0')
    assert [item.row for item in run.unfinished(asked)] == ['sodgan']


def test_a_teacher_with_another_budget_takes_its_students_along(
    run, benchmark_tool, put, usable, monkeypatch
):
    teacher, control = plan(run, '--rows', 'control')
    put(teacher, 0.5)
    put(control, 1.0)
    usable.add('oracle_seed0')
    # The student's own settings are as they were.
    teachers = benchmark_tool('teachers')
    before = teachers.settings_hash
    monkeypatch.setattr(
        teachers,
        'settings_hash',
        lambda item: '0' if item.row == 'oracle' else before(item),
    )
    assert run.finished(control)
    for asked in ([teacher, control], [teacher]):
        with pytest.raises(SystemExit, match='then control_seed0, already finished'):
            run.unfinished(asked)
        assert run.unfinished(asked, retrain=True) == [teacher, control]


def test_weights_of_another_training_than_the_result_are_not_used(
    run, benchmark_tool, put, monkeypatch, tmp_path
):
    teacher = plan(run, '--rows', 'sodgan')[0]
    work_dir = tmp_path / 'work_dir'
    monkeypatch.setattr(type(teacher), 'work_dir', property(lambda _: work_dir))
    logs = work_dir / 'time' / 'vis_data' / 'scalars.json'
    logs.parent.mkdir(parents=True)

    def log(loss):
        logs.write_text(json.dumps(dict(step=20, loss=loss, time=0.1)))

    put(teacher, 0.5)
    log(0.5)
    assert not run.usable(teacher)
    teacher.checkpoint.touch()
    teacher.stamp.write_text(
        json.dumps(dict(settings=benchmark_tool('settings').settings_hash(teacher)))
    )
    assert run.usable(teacher)
    # Trained again and stopped before its test: the result is the old one.
    log(0.75)
    assert run.finished(teacher) and not run.usable(teacher)


def test_other_annotations_under_the_same_path_are_seen(
    run, benchmark_tool, monkeypatch, tmp_path
):
    settings = benchmark_tool('settings')
    monkeypatch.setattr(settings, 'results_dir', lambda *_: tmp_path)
    item = plan(run, '--rows', 'lr')[0]
    cfg = settings.run_config(item)
    for split in ('train', 'test'):
        cfg[f'{split}_dataloader'].dataset.update(data_root=tmp_path, ann_file=split)
    monkeypatch.setattr(settings, 'run_config', lambda _: cfg)
    (tmp_path / 'train').write_text('{}')
    before = settings.data_version(item)
    assert before['test'] == 'missing' != before['train']
    code = benchmark_tool('code_version').current_version(
        ['mmdet_sodgan.models.detectors.sodgan']
    )
    result = dict(settings=settings.settings_hash(item), code=code, data=before)
    item.result.write_text(json.dumps(result))
    assert run.finished(item)
    (tmp_path / 'test').write_text('{}')
    assert not run.finished(item)
