"""No way to load a checkpoint runs the configs in it."""

import pickle

import pytest
import torch
from mmdet.apis import DetInferencer
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader, Runner

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.utils.checkpoint_configs import drop_configs


@pytest.fixture(autouse=True)
def safe_loaders():
    enable_safe_loading()


class Model(BaseModule):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)

    def train_step(self, data, optim_wrapper):
        loss = self.linear(torch.stack(data['inputs'])).square().mean()
        optim_wrapper.update_params(loss)
        return dict(loss=loss)


def make_runner(folder, **kwargs):
    return Runner(
        model=Model(),
        work_dir=str(folder),
        train_dataloader=dict(
            dataset=[dict(inputs=torch.ones(1))] * 2,
            batch_size=1,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=kwargs.pop('epochs', 1)),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_scope='mmengine',
        experiment_name=f'{folder.name}_{len(kwargs)}',
        **kwargs,
    )


@pytest.fixture
def source(tmp_path):
    """A config that leaves a mark where it is run."""
    return f"open({str(tmp_path / 'marker')!r}, 'w').close()\nmodel = dict()\n"


@pytest.fixture
def marker(tmp_path):
    return tmp_path / 'marker'


@pytest.fixture
def trained(tmp_path, source):
    """A checkpoint of MMEngine, with code in place of each of its configs."""
    make_runner(tmp_path / 'run').train()
    path = tmp_path / 'run' / 'epoch_1.pth'
    checkpoint = torch.load(path, weights_only=True)
    assert checkpoint['message_hub']['runtime_info'].keys() >= {'cfg', 'epoch'}
    checkpoint['message_hub']['runtime_info']['cfg'] = source
    checkpoint['meta'].update(config=source, cfg=source)
    torch.save(checkpoint, path)
    return path


def test_config_of_the_tests_leaves_a_mark_where_it_is_run(source, marker):
    Config.fromstring(source, file_format='.py')
    assert marker.exists()


def test_resuming_runs_no_config_of_the_checkpoint(trained, tmp_path, marker):
    runner = make_runner(
        tmp_path / 'next', epochs=2, resume=True, load_from=str(trained)
    )
    runner.train()
    assert (runner.epoch, runner.iter) == (2, 4)
    assert not marker.exists()
    # What is saved next is the config that is run now.
    saved = torch.load(tmp_path / 'next' / 'epoch_2.pth', weights_only=True)
    assert saved['meta']['cfg'] == runner.cfg.pretty_text
    assert saved['message_hub']['runtime_info']['cfg'] == runner.cfg.pretty_text


def test_inferencer_without_config_runs_none_of_the_checkpoint(trained, marker):
    with pytest.raises(ValueError, match='Cannot find the config in the checkpoint'):
        DetInferencer(weights=str(trained), device='cpu')
    assert not marker.exists()


def test_all_but_the_configs_is_loaded(trained):
    saved = torch.load(trained, weights_only=True)
    loaded = CheckpointLoader.load_checkpoint(str(trained), map_location='cpu')
    assert loaded.keys() == saved.keys()
    assert saved['meta'].keys() - loaded['meta'].keys() == {'cfg', 'config'}
    infos = [c['message_hub']['runtime_info'].keys() for c in (saved, loaded)]
    assert infos[0] - infos[1] == {'cfg'}


@pytest.mark.parametrize(
    'checkpoint', [None, [1], {}, dict(meta=None), dict(message_hub=dict(a=1))]
)
def test_other_content_is_left_alone(checkpoint):
    before = pickle.dumps(checkpoint)
    assert pickle.dumps(drop_configs(checkpoint)) == before
