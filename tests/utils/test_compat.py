import pytest

from mmdet_sodgan.utils import compat


def installed(versions, monkeypatch):
    monkeypatch.setattr(compat, 'installed_version', versions.get)


OPENMMLAB = {'mmengine': '0.10.7', 'mmcv': '2.1.0', 'mmdet': '3.3.0'}
ONEDL = {
    'onedl-mmengine': '0.10.12',
    'onedl-mmcv': '2.3.6',
    'onedl-mmdetection': '3.5.1',
}


@pytest.mark.parametrize('versions, name', [(OPENMMLAB, 'openmmlab'), (ONEDL, 'onedl')])
def test_each_stack_is_told_by_its_distributions(versions, name, monkeypatch):
    installed(versions, monkeypatch)
    assert compat.stack_name() == name
    compat.check_stack()


@pytest.mark.parametrize('versions', [OPENMMLAB, ONEDL])
def test_each_missing_part_is_named_with_the_remedy(versions, monkeypatch):
    for name in versions:
        rest = {key: value for key, value in versions.items() if key != name}
        installed(rest, monkeypatch)
        with pytest.raises(ImportError) as caught:
            compat.check_stack()
        message = str(caught.value)
        assert f'needs {name}>=' in message and 'no version of it' in message
        assert f'`make test STACK={compat.stack_name()}` in a clone' in message
        assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    'name, version', [('mmcv', '2.2.0'), ('mmdet', '3.2.0'), ('mmengine', '0.10.6')]
)
def test_version_outside_of_the_range_is_named(name, version, monkeypatch):
    installed(OPENMMLAB | {name: version}, monkeypatch)
    with pytest.raises(ImportError, match=f'needs {name}>=.* but {version} is inst'):
        compat.check_stack()
