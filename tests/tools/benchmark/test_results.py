"""Which results count, and whose weights a student may start from."""

import hashlib
import json

import pytest

from tools.benchmark import report, results, settings

FOLDERS = sorted((settings.ROOT / 'docs/results/benchmark').glob('*/summary.json'))


def test_a_result_counts_while_settings_annotations_and_teacher_are_the_same(
    put, run_of
):
    assert not results.finished(run_of('lr'))
    run = put('lr')
    assert results.finished(run)
    kept = results.read(run.result)
    for changed in (
        dict(settings=kept['settings'] | dict(epochs=4)),
        dict(annotations=dict(train='0', test='0')),
        dict(teacher=dict(result='oracle_seed0.json', losses='0')),
    ):
        put('lr', **changed)
        assert not results.finished(run)


def test_a_result_outlives_what_is_renamed(put, tiny):
    run = put('lr', commit='of another time', config_hash='of other names')
    path = tiny / 'configs' / 'lr.py'
    path.write_text(path.read_text().replace('depth=18', 'layers=18'))
    settings._read.cache_clear()
    assert settings.run_config(run).model.backbone == dict(layers=18)
    assert results.finished(run)
    path.write_text(path.read_text().replace('lr=0.1', 'lr=0.2'))
    settings._read.cache_clear()
    assert not results.finished(run)


def test_values_of_a_config_are_compared_and_its_names_are_not(put, tiny):
    run = put('lr', config_hash='then')
    kept = run.result.parent / 'configs' / 'then.json'
    kept.parent.mkdir()
    kept.write_text(results.config_text(run))
    assert not results.values_changed(run)
    kept.write_text(kept.read_text().replace('"depth": 18', '"layers": 18'))
    assert not results.values_changed(run)
    kept.write_text(kept.read_text().replace('"layers": 18', '"layers": 50'))
    assert results.values_changed(run)


def test_other_annotations_under_the_same_path_are_seen(put, run_of, tiny):
    path = tiny / 'data' / 'a' / 'test_9.json'
    run = put('lr')
    path.write_text('other')
    assert not results.finished(run)
    path.unlink()
    found = results.inputs(run)['annotations']
    assert found['test'] == 'missing' != found['train']


def test_a_student_of_another_training_of_its_teacher_is_not_finished(put, run_of):
    # It names no training: there is no result of its teacher.
    student = put('sodgan')
    put('oracle', loss=0.5)
    assert not results.finished(student)
    put('sodgan')
    assert results.finished(student)
    # The same settings elsewhere: other losses, so other weights.
    teacher = put('oracle', loss=0.75)
    assert results.finished(teacher) and not results.finished(student)
    put('oracle', loss=0.5)
    assert results.finished(student)


def log(folder, *rows):
    path = folder / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{json.dumps(row)}\n' for row in rows))


def test_weights_of_another_training_than_the_result_are_not_used(put):
    teacher = put('oracle', loss=0.5)
    log(teacher.work_dir / '1', dict(step=20, loss=0.5, time=0.1))
    assert not results.usable(teacher)
    teacher.checkpoint.touch()
    assert results.usable(teacher)
    # Trained again and stopped before its test: the result is the old one.
    log(teacher.work_dir / '1', dict(step=20, loss=0.75, time=0.1))
    assert results.finished(teacher) and not results.usable(teacher)


def test_an_interrupted_training_has_one_curve(tmp_path):
    assert results.curves(tmp_path) == dict(train=[], val=[], seconds=[])

    def step(number, loss, seconds):
        return dict(step=number, loss=loss, time=seconds, lr=0.1, d_real=0.5)

    log(tmp_path / '1', step(20, 0.123456789, 2.0), step(40, 0.5, 2.0))
    # It goes on from a checkpoint before the last line of the first log.
    log(
        tmp_path / '2',
        step(40, 0.25, 3.0),
        {'step': 1, 'coco/bbox_mAP': 0.5, 'data_time': 0.1},
        step(60, 0.125, 3.0),
    )
    assert results.curves(tmp_path) == dict(
        train=[
            dict(step=20, loss=0.12346, d_real=0.5),
            dict(step=40, loss=0.25, d_real=0.5),
            dict(step=60, loss=0.125, d_real=0.5),
        ],
        val=[{'step': 1, 'coco/bbox_mAP': 0.5}],
        seconds=[2.0, 3.0, 3.0],
    )


@pytest.mark.parametrize(
    'folder', [path.parent for path in FOLDERS], ids=lambda p: p.name
)
def test_committed_results_are_of_the_benchmark_and_name_configs_that_are_kept(folder):
    found = report.load_results(*folder.name.rsplit('_', 1))
    report.refuse_mixed(found)
    named = {folder / 'configs' / f'{r["config_hash"]}.json' for r in found.values()}
    assert named == set((folder / 'configs').iterdir())
    for path in named:
        assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()[:12]
