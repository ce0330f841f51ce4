import pytest
from mmengine.config import Config

from mmdet_sodgan.apis import runner
from mmdet_sodgan.cli import test as command
from mmdet_sodgan.cli.main import main
from mmdet_sodgan.utils import keep_memory


def test_predictions_go_into_a_pickle_only():
    with pytest.raises(SystemExit, match='^--out is x.json, must end with .pkl'):
        main(['test', 'some.py', 'x.pth', '--out', 'x.json'])


def test_freed_memory_is_kept_before_the_test_begins(monkeypatch):
    order = []

    class FakeRunner:
        def __init__(self, cfg, stages, quiet):
            assert stages == ('test',) and quiet
            assert cfg.load_from == 'x.pth'

        def test(self):
            order.append('test')

    monkeypatch.setattr(command, 'load_config', lambda args: Config(dict()))
    monkeypatch.setattr(runner, 'build_runner', FakeRunner)
    monkeypatch.setattr(keep_memory, 'keep_freed_memory', lambda: order.append('keep'))
    main(['test', 'some.py', 'x.pth'])
    assert order == ['keep', 'test']
