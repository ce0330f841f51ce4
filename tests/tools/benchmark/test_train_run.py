"""One run of the benchmark; no training here."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.benchmark import results, train_run


@pytest.fixture
def training(run_of, monkeypatch):
    """Trains the student with a Runner that does nothing.

    Its ``begun`` holds the config of every training; a test may set ``interrupted``
    and ``commit``.
    """
    training = SimpleNamespace(begun=[], interrupted=False, commit='a')

    class Stand:
        @classmethod
        def from_cfg(cls, cfg):
            training.begun.append(cfg)
            return cls()

        def train(self):
            cfg = training.begun[-1]
            (Path(cfg.work_dir) / 'last_checkpoint').touch()
            assert not training.interrupted, 'interrupted'
            weights = Path(cfg.work_dir) / f'epoch_{cfg.train_cfg.max_epochs}.pth'
            weights.write_text(f'{len(training.begun)}')

    def run(row='sodgan', **changes):
        item = run_of(row)
        present = results.inputs(item) | dict(config_hash='c') | changes
        stamp = train_run.prepare(item, present)
        train_run.train(item)
        return stamp, item.checkpoint.read_text()

    monkeypatch.setattr(train_run, 'Runner', Stand)
    made_with = lambda: dict(commit=training.commit, hardware='a CPU')  # noqa: E731
    monkeypatch.setattr(train_run, 'provenance', made_with)
    training.run = run
    return training


def test_weights_of_the_present_inputs_are_not_trained_again(training, run_of):
    first, _ = training.run()
    present = results.inputs(run_of('sodgan'))
    assert present.items() <= first.items() and first['libraries']['mmdet']
    # The test's annotations have no say in the weights.
    tested = present['annotations'] | dict(test='0')
    again, weights = training.run(annotations=tested)
    assert weights == '1' and again == first | dict(annotations=tested)


@pytest.mark.parametrize(
    'change',
    [
        dict(settings='0'),
        dict(annotations=dict(train='0', test='b')),
        dict(teacher='0'),
        dict(config_hash='0'),
    ],
    ids=lambda change: next(iter(change)),
)
def test_weights_of_other_inputs_are_trained_again(training, run_of, change):
    training.run()
    leftover = run_of('sodgan').work_dir / 'leftover'
    leftover.touch()
    _, weights = training.run(**change)
    assert weights == '2' and not leftover.exists()
    assert not training.begun[1].get('resume')


def test_an_interrupted_training_goes_on_and_names_both_commits(training):
    training.interrupted = True
    with pytest.raises(AssertionError, match='interrupted'):
        training.run()
    training.interrupted, training.commit = False, 'b'
    stamp, _ = training.run()
    first, second = training.begun
    assert first.load_from.endswith('last.pth') and not first.get('resume')
    # load_from would be taken before what the run itself has saved.
    assert second.resume and second.load_from is None
    assert stamp['commit'] == 'a, b'
    assert training.run()[0]['commit'] == 'a, b'


def test_a_run_that_another_process_trains_is_refused(run_of):
    run = run_of('lr')
    with train_run.alone(run):
        with pytest.raises(SystemExit) as caught, train_run.alone(run):
            pass
        assert caught.value.code == train_run.BUSY
    with train_run.alone(run):
        pass


@pytest.fixture
def written(training, monkeypatch):
    """Writes results; every test gives the same."""
    curves = dict(train=[dict(step=20, loss=0.5)], val=[], seconds=[0.1])
    monkeypatch.setattr(results, 'curves', lambda _: curves.copy())
    tested = dict(metrics={}, buckets=[], parameters=1)
    monkeypatch.setattr(train_run, 'test', lambda run: tested)
    return train_run.write


def test_the_result_that_is_written_is_finished(written, run_of):
    teacher, student = run_of('oracle'), run_of('sodgan')
    written(teacher)
    written(student)
    assert results.finished(teacher) and results.finished(student)
    kept = results.read(student.result)
    config = student.result.parent / 'configs' / f'{kept["config_hash"]}.json'
    assert results.short_hash(config.read_bytes()) == kept['config_hash']
    # The seeds of a row share a config, and say so.
    other = run_of('sodgan', 1)
    text = results.config_text(other)
    assert text == config.read_text() and str(other.work_dir) not in text


def test_a_run_that_is_trained_anew_forgets_what_there_was(
    written, training, run_of, monkeypatch
):
    run = run_of('lr')
    written(run)
    monkeypatch.setattr(train_run, 'enable_safe_loading', lambda: None)
    arguments = ['train_run', *map(str, run)]
    monkeypatch.setattr('sys.argv', arguments)
    train_run.main()
    assert len(training.begun) == 1
    training.interrupted = True
    monkeypatch.setattr('sys.argv', [*arguments, '--anew'])
    with pytest.raises(AssertionError, match='interrupted'):
        train_run.main()
    # It goes on without the option.
    assert not results.finished(run)
    training.interrupted = False
    monkeypatch.setattr('sys.argv', arguments)
    train_run.main()
    assert results.finished(run) and training.begun[-1].resume
