import functools
import http.server
import os
import pickle
import re
import sys
import threading
import types
import zipfile
from pathlib import Path

import mmengine
import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.fileio.backends.registry_utils import backends
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner, load_checkpoint

from mmdet_sodgan.apis.safe_loading import (
    enable_safe_loading,
    load_local_checkpoint,
    restrict,
)
from mmdet_sodgan.utils.compat import stack_name
from mmdet_sodgan.utils.errors import (
    CheckpointError,
    MissingCheckpointError,
    UnsafeCheckpointError,
)


@pytest.fixture(autouse=True)
def safe_loaders():
    enable_safe_loading()


class Line(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, inputs, mode):
        loss = self.linear(torch.stack(inputs)).square().mean()
        return dict(loss=loss) if mode == 'loss' else [loss.item()]


class Score(BaseMetric):
    """A metric whose value is a NumPy scalar, as many are."""

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return dict(score=np.float64(0.5), number=np.int64(len(results)))


def make_runner(work_dir, epochs, **kwargs):
    loader = dict(
        dataset=[dict(inputs=torch.ones(1) * i) for i in range(4)],
        batch_size=2,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
    )
    return Runner(
        model=Line(),
        work_dir=str(work_dir),
        train_dataloader=loader,
        val_dataloader=loader,
        val_evaluator=Evaluator([Score()]),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        val_cfg=dict(),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=0.1)),
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', save_best='score', rule='greater')
        ),
        default_scope='mmengine',
        experiment_name=f'{work_dir.name}_{epochs}',
        **kwargs,
    )


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A runner after one epoch, and its checkpoint."""
    folder = tmp_path_factory.mktemp('run')
    runner = make_runner(folder, epochs=1)
    runner.train()
    return runner, folder / 'epoch_1.pth'


class Call:
    """Pickled as a call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def save(path, value):
    torch.save(dict(state_dict={}, message_hub=value), path)
    return path


def test_log_history_round_trips(trained):
    runner, path = trained
    scalars = load_local_checkpoint(path)['message_hub']['log_scalars']
    saved = runner.message_hub.log_scalars['train/loss'].data
    assert saved[0].dtype == np.float64 and len(saved[0]) == 2
    for values, expected in zip(scalars['train/loss'].data, saved, strict=True):
        assert values.dtype == expected.dtype
        np.testing.assert_array_equal(values, expected)
    assert scalars['train/loss'].mean() == saved[0].mean()


def test_runner_resumes_with_optimizer_and_history(trained, tmp_path):
    runner, path = trained
    resumed = make_runner(tmp_path, epochs=2, resume=True, load_from=str(path))
    resumed.train()
    assert (resumed.epoch, resumed.iter) == (2, 4)
    history = resumed.message_hub.log_scalars['train/loss'].data[0]
    before = runner.message_hub.log_scalars['train/loss'].data[0]
    np.testing.assert_array_equal(history[:2], before)
    assert len(history) == 4
    steps = resumed.optim_wrapper.optimizer.state_dict()['state'][0]['step']
    assert steps == 4


def test_names_of_numpy_1_are_read(tmp_path):
    """Files written under NumPy 1 name its private modules without underscore."""
    path = save(tmp_path / 'new.pth', [np.arange(3), np.float64(0.5)])
    old = tmp_path / 'old.pth'
    _rename_module(path, old, b'numpy._core.multiarray', b'numpy.core.multiarray')
    array, scalar = load_local_checkpoint(old)['message_hub']
    assert array.tolist() == [0, 1, 2] and scalar == 0.5


def _rename_module(source, target, old, new):
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, 'w') as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith('data.pkl'):
                assert old in content
                content = content.replace(old, new)
            copy.writestr(name, content)


def payload(kind, marker):
    command = f'touch {marker}'
    if kind == 'os.system':
        return Call(os.system, command)
    if kind == 'eval':
        return Call(eval, f'__import__("os").system({command!r})')
    if kind == 'getattr of a class':
        return Call(getattr, HistoryBuffer, '__init__')
    if kind == 'getattr of a private name':
        return Call(getattr, HistoryBuffer, '_set_default_statistics')
    if kind == 'array over raw bytes':
        return Call(np.ndarray, (1,), np.dtype('f8'), b'\0' * 8)
    if kind == 'dtype of objects':
        return np.dtype('O')
    raise KeyError(kind)


@pytest.mark.parametrize(
    'kind, asked',
    [
        ('os.system', r'posix\.system'),
        ('eval', 'asks for eval '),
        ('getattr of a class', 'getattr.*__init__'),
        ('getattr of a private name', 'getattr.*_set_default_statistics'),
        ('array over raw bytes', 'numpy.ndarray'),
        ('dtype of objects', "numpy.dtype.*'O8'"),
    ],
)
def test_checkpoint_with_code_is_refused_and_does_not_run(tmp_path, kind, asked):
    marker = tmp_path / 'marker'
    path = save(tmp_path / 'bad.pth', payload(kind, marker))
    with pytest.raises(UnsafeCheckpointError, match=asked) as caught:
        load_checkpoint(Line(), str(path))
    assert not marker.exists()
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_payload_of_the_tests_would_run_without_restrictions(tmp_path):
    marker = tmp_path / 'marker'
    path = save(tmp_path / 'bad.pth', payload('os.system', marker))
    torch.load(path, weights_only=False)
    assert marker.exists()


def test_plain_pickle_is_refused(tmp_path):
    path = tmp_path / 'bad.pth'
    path.write_bytes(pickle.dumps(payload('os.system', tmp_path / 'marker')))
    with pytest.raises(UnsafeCheckpointError, match=re.escape(str(path))):
        load_local_checkpoint(path)
    assert not (tmp_path / 'marker').exists()


@pytest.mark.parametrize(
    'text', ['', 'import this\n', 'hello world\n', '(q', '}q', '0', '{"a": 1}']
)
def test_text_is_refused(tmp_path, text):
    path = tmp_path / 'text.pth'
    path.write_text(text)
    with pytest.raises(UnsafeCheckpointError, match='text.pth is not a file of torch'):
        load_local_checkpoint(path)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def url(tmp_path, monkeypatch):
    """Address of a server of ``tmp_path / 'www'``; downloads land beside it."""
    folder = tmp_path / 'www'
    folder.mkdir()
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    monkeypatch.setenv('MMENGINE_HOME', str(tmp_path / 'mmengine'))
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


@pytest.fixture
def no_torchvision(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torchvision', None)


@pytest.fixture
def addresses(monkeypatch):
    """MMEngine's lists of names and addresses, by the stem of their files."""
    lists = {}
    load = mmengine.load

    def load_list(file, *args, **kwargs):
        return lists.get(Path(file).stem) or load(file, *args, **kwargs)

    monkeypatch.setattr(mmengine, 'load', load_list)
    monkeypatch.setattr('mmengine.runner.checkpoint.load_file', load_list)
    return lists


def test_honest_checkpoint_is_downloaded_and_loaded(trained, url, tmp_path):
    runner, path = trained
    (tmp_path / 'www' / 'epoch_1.pth').write_bytes(path.read_bytes())
    model = Line()
    loaded = load_checkpoint(model, f'{url}/epoch_1.pth')
    assert 'train/loss' in loaded['message_hub']['log_scalars']
    for name, value in runner.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)


def remote_name(kind, url, tmp_path, addresses, monkeypatch):
    """A name of ``www/bad.pth`` in the scheme, and what its loader needs."""
    local = tmp_path / 'www' / 'bad.pth'
    if kind == 'http':
        return f'{url}/bad.pth'
    if kind == 'openmmlab':
        addresses['openmmlab'] = dict(bad=f'{url}/bad.pth')
    elif kind == 'openmmlab of a file':
        addresses['openmmlab'] = dict(bad=str(local))
    elif kind in ('torchvision', 'modelzoo'):
        addresses['torchvision_0.12'] = dict(bad=f'{url}/bad.pth')
    elif kind == 'mmcls':
        addresses['mmcls'] = dict(bad=f'{url}/bad.pth')
    elif kind == 'pavi':
        model = types.SimpleNamespace(
            name='bad.pth', download=lambda to: Path(to).write_bytes(local.read_bytes())
        )
        hub = types.SimpleNamespace(get=lambda name: model)
        monkeypatch.setitem(sys.modules, 'pavi', types.SimpleNamespace(modelcloud=hub))
    elif kind == 's3':
        client = types.SimpleNamespace(get=lambda name: local.read_bytes())
        monkeypatch.setitem(backends, 'petrel', lambda **kwargs: client)
    return f'{kind.partition(" ")[0]}://bad'


@pytest.mark.parametrize(
    'kind',
    [
        'http',
        'openmmlab',
        'openmmlab of a file',
        'torchvision',
        'modelzoo',
        'mmcls',
        'pavi',
        's3',
    ],
)
def test_remote_checkpoint_with_code_is_refused_and_does_not_run(
    kind, url, tmp_path, addresses, monkeypatch
):
    marker = tmp_path / 'marker'
    save(tmp_path / 'www' / 'bad.pth', payload('os.system', marker))
    name = remote_name(kind, url, tmp_path, addresses, monkeypatch)
    reason = r'posix\.system'
    if kind == 's3' and stack_name() == 'onedl':
        # The fork tries again with the buffer that it has read to its end.
        reason = 'is not a file of torch.save'
    with pytest.raises(UnsafeCheckpointError, match=reason) as caught:
        load_checkpoint(Line(), name)
    assert not marker.exists()
    assert name in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_each_scheme_is_tried_above():
    tried = ['http://', 'openmmlab://', 'torchvision://', 'modelzoo://', 'mmcls://']
    tried += ['pavi://', r'(\S+\:)?s3://']
    # Of the same loaders as another one, and paths.
    same = ['', 'https://', 'open-mmlab://', r'(\S+\:)?petrel://']
    no_code = [r'[^:]*\.safetensors$']
    assert set(CheckpointLoader._schemes) == {*tried, *same, *no_code}


def test_a_load_leaves_the_list_of_allowed_types_as_it_was(trained, tmp_path):
    """The OneDL fork shortens it."""
    _, path = trained
    before = set(torch.serialization.get_safe_globals())

    @restrict
    def loader(filename):
        with torch.serialization.safe_globals([HistoryBuffer]):
            return torch.load(filename)

    loader(path)
    assert set(torch.serialization.get_safe_globals()) >= before
    load_checkpoint(Line(), str(path))


def test_environment_is_as_before_a_download(url, tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    save(tmp_path / 'www' / 'bad.pth', payload('os.system', tmp_path / 'marker'))
    before = dict(os.environ)
    with pytest.raises(UnsafeCheckpointError):
        load_checkpoint(Line(), f'{url}/bad.pth')
    assert dict(os.environ) == before
    assert not (tmp_path / 'marker').exists()


def test_address_without_a_checkpoint_is_named(url):
    with pytest.raises(CheckpointError, match='none.pth cannot be .*404') as caught:
        load_checkpoint(Line(), f'{url}/none.pth')
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize('name', ['resnet18', 'resnet50', 'resnet101'])
def test_backbones_of_the_configs_are_found_without_torchvision(
    name, monkeypatch, no_torchvision
):
    asked = []
    monkeypatch.setattr(
        'mmdet_sodgan.apis.safe_loading.load_from_http',
        lambda address, map_location: asked.append(address),
    )
    CheckpointLoader.load_checkpoint(f'torchvision://{name}')
    (address,) = asked
    assert re.fullmatch(rf'https://download.pytorch.org/models/{name}-\w+.pth', address)


def test_weights_that_torchvision_alone_knows_ask_for_it(no_torchvision):
    name = 'torchvision://resnet50.imagenet1k_v2'
    with pytest.raises(CheckpointError, match='pip install torchvision') as caught:
        load_checkpoint(Line(), name)
    assert name in str(caught.value) and torch.__version__ in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_weights_that_nobody_knows_are_named(monkeypatch):
    monkeypatch.setattr('mmengine.runner.checkpoint.get_torchvision_models', dict)
    with pytest.raises(
        MissingCheckpointError, match='no checkpoint torchvision://resnet49'
    ):
        load_checkpoint(Line(), 'torchvision://resnet49')
