"""One run of the benchmark; no training here."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.runner import Runner

from mmdet_sodgan.datasets.synthetic import generate


def test_code_of_the_optimizers_counts(benchmark_tool, sodgan_cfg, tmp_path):
    generate(tmp_path / 'data', 2, 1, image_size=(64, 64))
    cfg = sodgan_cfg(
        {
            'optim_wrapper.type': 'AutocastOptimWrapper',
            'train_dataloader.num_workers': 0,
            'train_dataloader.dataset.data_root': f'{tmp_path}/data/',
        }
    )
    cfg.work_dir = str(tmp_path / 'run')
    # Else mmengine hands over the visualizer of an earlier test, whose folder is gone.
    cfg.experiment_name = cfg.visualizer.name = tmp_path.name
    runner = Runner.from_cfg(cfg)
    before = torch.get_rng_state()
    parts = benchmark_tool('train_run').training_parts(runner)
    names = set(benchmark_tool('code_version').code_version(parts))
    prefix = 'mmdet_sodgan.engine.optimizers'
    assert {
        f'{prefix}.autocast_optim_wrapper',
        f'{prefix}.gan_optim_wrapper_constructor',
        'mmdet_sodgan.engine.hooks.alternating_optim_hook',
        'mmdet_sodgan.models.detectors.sodgan',
    } <= names
    # What is looked at trains as it would have.
    assert torch.equal(torch.get_rng_state(), before)
    assert runner.build_optim_wrapper(runner.optim_wrapper) is runner.optim_wrapper


PRESENT = dict(settings='s', data=dict(train='a', test='b'), teacher='t')


@pytest.fixture
def training(benchmark_tool, monkeypatch, tmp_path):
    """train_run with a Runner that trains nothing, and a run in a folder of its own.

    The fixture's ``begun`` holds the config of every training.
    """
    module = benchmark_tool('train_run')
    run = benchmark_tool('settings').Run('deeppcb-160_r18', 'cpu', 'sodgan', 0)
    monkeypatch.setattr(
        type(run), 'work_dir', property(lambda self: tmp_path / self.row)
    )
    begun = []

    class Stand:
        @classmethod
        def from_cfg(cls, cfg):
            begun.append(cfg)
            return cls()

        def train(self):
            work_dir = Path(begun[-1].work_dir)
            (work_dir / 'last_checkpoint').touch()
            if not training.interrupted:
                epochs = begun[-1].train_cfg.max_epochs
                (work_dir / f'epoch_{epochs}.pth').write_text(f'{len(begun)}')

    monkeypatch.setattr(module, 'Runner', Stand)
    monkeypatch.setattr(module, 'training_parts', lambda runner: [])
    training = SimpleNamespace(module=module, run=run, begun=begun, interrupted=False)
    return training


def test_weights_of_the_present_code_and_inputs_are_not_trained_again(training):
    first = training.module.train(training.run, PRESENT)
    assert PRESENT.items() <= first.items() and first['code']['torch']
    # The test's annotations have no say in the weights.
    tested = dict(PRESENT, data=dict(train='a', test='c'))
    assert training.module.train(training.run, tested) == first
    assert len(training.begun) == 1 and training.run.checkpoint.read_text() == '1'


@pytest.mark.parametrize(
    'change',
    [dict(settings='0'), dict(data=dict(train='0', test='b')), dict(teacher='0')],
    ids=['settings', 'annotations', 'teacher'],
)
def test_weights_of_other_inputs_are_trained_again(training, change):
    training.module.train(training.run, PRESENT)
    leftover = training.run.work_dir / 'leftover'
    leftover.touch()
    training.module.train(training.run, PRESENT | change)
    assert training.run.checkpoint.read_text() == '2' and not leftover.exists()
    assert not training.begun[1].get('resume')


def test_weights_of_other_code_are_trained_again(training):
    training.module.train(training.run, PRESENT)
    stamp = json.loads(training.run.stamp.read_text())
    stamp['code']['torch'] = '0'
    training.run.stamp.write_text(json.dumps(stamp))
    training.module.train(training.run, PRESENT)
    assert len(training.begun) == 2


def test_an_interrupted_training_goes_on_from_its_own_weights(training):
    training.interrupted = True
    with pytest.raises(FileNotFoundError):
        training.module.train(training.run, PRESENT)
    training.interrupted = False
    training.module.train(training.run, PRESENT)
    first, second = training.begun
    assert first.load_from.endswith('last.pth') and not first.get('resume')
    # load_from would be taken before what the run itself has saved.
    assert second.resume and second.load_from is None


def test_a_run_that_another_process_trains_is_refused(training):
    with training.module.alone(training.run):
        with pytest.raises(SystemExit) as caught, training.module.alone(training.run):
            pass
        assert caught.value.code == training.module.BUSY
    with training.module.alone(training.run):
        pass


def test_the_result_that_is_written_is_finished(
    training, benchmark_tool, monkeypatch, tmp_path
):
    """It names settings, code, annotations and the training of its teacher."""
    monkeypatch.setattr(
        benchmark_tool('settings'), 'results_dir', lambda *_: tmp_path / 'results'
    )
    monkeypatch.setattr(
        training.module,
        'curves',
        lambda _: dict(train=[dict(step=20, loss=0.5)], val=[], seconds=[0.1]),
    )
    tested = dict(code={}, metrics={}, buckets=[], parameters=1)
    monkeypatch.setattr(training.module, 'test', lambda run: tested)
    teachers = benchmark_tool('teachers')
    oracle = training.run.teacher
    training.module.write(oracle)
    training.module.write(training.run)
    assert teachers.finished(oracle) and teachers.finished(training.run)
    changed = json.loads(oracle.result.read_text())
    changed['curves']['train'][0]['loss'] = 0.25
    oracle.result.write_text(json.dumps(changed))
    assert teachers.finished(oracle) and not teachers.finished(training.run)
