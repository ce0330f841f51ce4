import json

import pytest

from mmdet_sodgan.apps.doctor import environment
from mmdet_sodgan.apps.doctor.environment import Finding
from mmdet_sodgan.cli.main import main


@pytest.fixture
def findings(monkeypatch):
    """What the environment is said to be."""
    found = [Finding('python', '3.11.7'), Finding('GPU', 'none', 'plug one in')]
    monkeypatch.setattr(environment, 'inspect_environment', lambda: found)
    return found


@pytest.fixture
def data(tmp_path):
    """An annotation file with an object that is left out in training."""
    coco = dict(
        images=[dict(id=1, file_name='a.png', width=40, height=30)],
        categories=[dict(id=1, name='bolt')],
        annotations=[
            dict(id=i, image_id=1, category_id=1, bbox=[1, 1, w, 9], area=9 * w)
            for i, w in ((1, 4), (2, 0), (3, 9))
        ],
    )
    path = tmp_path / 'ann.json'
    path.write_text(json.dumps(coco))
    return path


def test_whole_environment_ends_without_an_error(findings, capsys):
    main(['doctor'])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ['python', '3.11.7']
    assert lines[2].strip() == '-> plug one in'
    assert lines[-1] == 'All that is needed works.'


def test_broken_environment_ends_in_an_error(findings, capsys):
    findings.append(Finding('mmcv', 'not installed', 'install it', broken=True))
    with pytest.raises(SystemExit) as caught:
        main(['doctor'])
    assert caught.value.code == 1
    out = capsys.readouterr().out
    assert '!! mmcv' in out and '-> install it' in out


def test_environment_is_printed_as_json(findings, capsys):
    main(['doctor', '--json'])
    printed = json.loads(capsys.readouterr().out)
    assert printed[1] == dict(
        name='GPU', value='none', remedy='plug one in', broken=False
    )


def test_data_set_that_can_be_trained_on_ends_without_an_error(data, capsys):
    main(['doctor', '--data', str(data)])
    out = capsys.readouterr().out
    assert 'empty box: 1 (left out in training)' in out
    assert 'give --img-dir' in out
    assert 'can be trained on' in out


def test_refused_data_set_ends_in_an_error(data, tmp_path, capsys):
    arguments = ['--data', str(data), '--img-dir', str(tmp_path)]
    with pytest.raises(SystemExit) as caught:
        main(['doctor', *arguments])
    assert caught.value.code == 1
    out = capsys.readouterr().out
    assert 'missing image: 1 (refused in training)' in out and 'a.png' in out


def test_data_set_is_printed_as_json(data, capsys):
    main(['doctor', '--data', str(data), '--json'])
    report = json.loads(capsys.readouterr().out)
    assert report['num_objects']['[0, 8)'] == 1
    assert report['num_objects']['[8, 16)'] == 1
    assert list(report['sentences']) == ['empty box']


CONFIG = """
train_dataloader = dict(
    dataset=dict(
        type='RepeatDataset',
        times=2,
        dataset=dict(
            type='SmallObjectCocoDataset',
            metainfo=dict(classes=('nut',)),
            max_pixels=1000,
            pipeline=[dict(type='LoadImageFromFile')],
        ),
    )
)
val_evaluator = dict(type='SizeCocoMetric', size_buckets='aitod')
"""


def test_config_gives_classes_bound_and_buckets(data, tmp_path, capsys):
    (tmp_path / 'config.py').write_text(CONFIG)
    arguments = ['--data', str(data), '--config', str(tmp_path / 'config.py')]
    with pytest.raises(SystemExit):
        main(['doctor', *arguments, '--json'])
    report = json.loads(capsys.readouterr().out)
    assert set(report['sentences']) == {'empty box', 'other classes', 'too many pixels'}
    assert list(report['num_objects']) == ['[2, 8)', '[8, 16)', '[16, 32)', '[32, 64)']


WRAPPED = """
def part(file, name):
    return dict(
        type='SmallObjectCocoDataset', ann_file=file, metainfo=dict(classes=(name,))
    )
parts = [dict(type='RepeatDataset', times=2, dataset=part('other.json', 'nut'))]
parts += [dict(type='ClassBalancedDataset', dataset=part(FILE, 'bolt'))]
train_dataloader = dict(
    dataset=dict(
        type='MultiImageMixDataset',
        dataset=dict(type='ConcatDataset', datasets=parts),
        pipeline=[],
    )
)
"""


def test_the_wrapped_data_set_that_reads_the_file_counts(data, tmp_path, capsys):
    config = tmp_path / 'config.py'
    config.write_text(WRAPPED.replace('FILE', repr(str(data))))
    main(['doctor', '--data', str(data), '--config', str(config), '--json'])
    assert list(json.loads(capsys.readouterr().out)['sentences']) == ['empty box']
    config.write_text(WRAPPED.replace('FILE', "'third.json'"))
    with pytest.raises(SystemExit) as caught:
        main(['doctor', '--data', str(data), '--config', str(config)])
    assert str(caught.value) == (
        f'{config} trains on several data sets with other options, none of which reads '
        f'{data}: give one of other.json, third.json as --data.'
    )


def test_missing_config_is_named(data, tmp_path):
    with pytest.raises(SystemExit, match='There is no config none.py'):
        main(['doctor', '--data', str(data), '--config', 'none.py'])
    (tmp_path / 'empty.py').touch()
    with pytest.raises(SystemExit, match='empty.py has no train_dataloader'):
        main(['doctor', '--data', str(data), '--config', str(tmp_path / 'empty.py')])


def test_unknown_data_set_of_a_config_is_named(data, tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(CONFIG.replace('SmallObjectCocoDataset', 'NoSuchDataset'))
    with pytest.raises(SystemExit, match='no data set NoSuchDataset'):
        main(['doctor', '--data', str(data), '--config', str(path)])


def test_image_folder_without_data_is_refused(findings, tmp_path):
    with pytest.raises(SystemExit, match='--img-dir goes with --data'):
        main(['doctor', '--img-dir', str(tmp_path)])


def test_data_set_in_a_broken_environment_gets_the_report_of_that(
    data, findings, capsys, monkeypatch
):
    monkeypatch.setattr(environment, 'import_error', lambda: ImportError('mmcv'))
    main(['doctor', '--data', str(data)])
    assert 'python' in capsys.readouterr().out


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as caught:
        main(['doctor', '--help'])
    assert caught.value.code == 0
    assert 'sodgan doctor --data' in capsys.readouterr().out
