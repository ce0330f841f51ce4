import json
import shutil

import pytest
import torch
from mmengine.config import Config
from PIL import Image

from mmdet_sodgan.apps.project import backbones
from mmdet_sodgan.cli.main import main


@pytest.fixture
def data(tmp_path, monkeypatch):
    """What ``--train`` takes; without GPU and network."""
    (tmp_path / 'images').mkdir()
    coco = dict(categories=[dict(id=1, name='bolt')], images=[], annotations=[])
    for i in range(1, 7):
        Image.new('RGB', (64, 64)).save(tmp_path / f'images/{i}.png')
        coco['images'].append(dict(id=i, file_name=f'{i}.png', width=64, height=64))
        coco['annotations'].append(
            dict(
                id=i, image_id=i, category_id=1, bbox=[9, 9, 8 + i, 8], area=64 + 8 * i
            )
        )
    (tmp_path / 'ann.json').write_text(json.dumps(coco))
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    monkeypatch.setattr(backbones, 'can_fetch', lambda address: False)
    return [str(tmp_path / 'ann.json'), str(tmp_path / 'images')]


def test_project_is_made_and_the_next_commands_are_told(data, tmp_path, capsys):
    folder = tmp_path / 'mine'
    val = [data[0], shutil.copytree(data[1], tmp_path / 'val')]
    val = ['--val', *map(str, val)]
    main(['init', str(folder), '--train', *data, *val, '--epochs', '3'])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        f'  sodgan train {folder}/sodgan.py',
        f'  sodgan compare {folder}',
    ]
    cfg = Config.fromfile(folder / 'teacher.py')
    assert cfg.max_epochs == 3 and cfg.classes == ('bolt',)


@pytest.mark.parametrize('words, size', [(['48'], (48, 48)), (['40', '60'], (60, 40))])
def test_size_is_a_side_or_width_and_height(data, tmp_path, words, size):
    main(['init', str(tmp_path / 'p'), '--train', *data, '--hr-size', *words])
    assert Config.fromfile(tmp_path / 'p/sodgan.py').hr_size == size


@pytest.mark.parametrize(
    'options, sentence',
    [
        (['--hr-size', '1', '2', '3'], '--hr-size takes one or two numbers'),
        (['--base', 'none.py'], 'none.py cannot be read'),
        (['--weights', 'none.pth'], 'There is no file none.pth'),
    ],
)
def test_unusable_option_ends_in_one_sentence(data, tmp_path, options, sentence):
    with pytest.raises(SystemExit, match=sentence) as caught:
        main(['init', str(tmp_path / 'p'), '--train', *data, *options])
    assert '\n' not in caught.value.code
    assert not (tmp_path / 'p').exists()


def test_doctor_sentences_of_refused_data_are_told(data, tmp_path, capsys):
    (tmp_path / 'images/1.png').unlink()
    with pytest.raises(SystemExit, match='refused in training, for the reasons above'):
        main(['init', str(tmp_path / 'p'), '--train', *data])
    assert 'missing image: Image' in capsys.readouterr().out
