"""The same faults on the command line, before the first iteration."""

import json

import pytest
import torch

from mmdet_sodgan.cli.main import main


@pytest.fixture
def write(agreeing, tmp_path, monkeypatch):
    """Writes a config with options laid over it."""
    monkeypatch.chdir(tmp_path)

    def dump(options=None):
        cfg = agreeing(options)
        for stage in ('train', 'val', 'test'):
            cfg[f'{stage}_dataloader'].num_workers = 0
            cfg[f'{stage}_dataloader'].persistent_workers = False
        cfg.dump('config.py')
        return 'config.py'

    return dump


@pytest.fixture
def weights(model, tmp_path):
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'weights.pth')
    return str(tmp_path / 'weights.pth')


@pytest.fixture
def other_weights(model, tmp_path):
    state = {
        k: v for k, v in model.state_dict().items() if not k.startswith('roi_head.')
    }
    torch.save(dict(state_dict=state), tmp_path / 'other.pth')
    return str(tmp_path / 'other.pth')


def ends_with(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return str(caught.value)


def test_training_with_other_classes_does_not_begin(write):
    path = write({'train_dataloader.dataset.metainfo': dict(classes=('a', 'b'))})
    sentence = ends_with(['train', path])
    assert 'num_classes is 6 and train_dataloader.dataset has 2' in sentence


def test_test_with_a_forgotten_evaluator_does_not_begin(write, weights):
    path = write({'test_evaluator.ann_file': 'data/coco/x.json'})
    sentence = ends_with(['test', path, weights])
    assert sentence.startswith("test_evaluator.ann_file 'data/coco/x.json' does not")


def test_test_of_other_weights_does_not_begin(write, other_weights):
    sentence = ends_with(['test', write(), other_weights])
    assert 'other.pth does not fit the config: of the ' in sentence
    assert ' are missing (roi_head.' in sentence


@pytest.mark.parametrize('command', ['predict', 'export'])
def test_other_weights_are_refused_by_each_command(
    write, other_weights, synthetic, command
):
    arguments = dict(
        predict=['predict', str(synthetic / 'val'), write(), other_weights],
        export=['export', write(), other_weights, '--out', 'x.onnx'],
    )[command]
    assert 'other.pth does not fit the config: of the ' in ends_with(arguments)


def test_doctor_tells_the_same_of_a_config(write, capsys):
    main(['doctor', '--config', write()])
    assert capsys.readouterr().out.splitlines()[-1] == 'The parts of config.py agree.'
    main(['doctor', '--config', write({'val_dataloader.dataset.indices': 2})])
    assert capsys.readouterr().out.splitlines()[-1] == (
        'The parts of config.py do not contradict each other; see above.'
    )
    path = write({'val_dataloader.dataset.metainfo': dict(classes=('a', 'b'))})
    with pytest.raises(SystemExit) as caught:
        main(['doctor', '--config', path, '--json'])
    assert caught.value.code == 1
    error = json.loads(capsys.readouterr().out)['error']
    assert 'num_classes is 6 and val_dataloader.dataset has 2 classes' in error
