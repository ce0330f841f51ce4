"""The commands of the converters."""

import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


@pytest.fixture
def run(monkeypatch):
    """Runs a tool in this process, as one of its own would import mmdet first."""

    def run_tool(tool, *arguments):
        path = str(TOOLS / f'{tool}.py')
        monkeypatch.setattr(sys, 'argv', [path, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(path, run_name='__main__')
        return ended.value.code

    return run_tool


def write_visdrone(root):
    for folder in ('images', 'annotations'):
        (root / 'VisDrone2019-DET-train' / folder).mkdir(parents=True)
    image = root / 'VisDrone2019-DET-train' / 'images' / '1.jpg'
    assert cv2.imwrite(str(image), np.zeros((8, 8), np.uint8))
    label = root / 'VisDrone2019-DET-train' / 'annotations' / '1.txt'
    label.write_text('1,2,3,4,1,4,0,0\n')


def write_coco(folder, names, category, image='1.jpg'):
    folder.mkdir(parents=True, exist_ok=True)
    item = dict(id=0, image_id=0, category_id=1, bbox=[1, 2, 3, 4], area=12)
    coco = dict(
        images=[dict(id=0, file_name=image, width=8, height=8)],
        annotations=[item],
        categories=[dict(id=1, name=category)],
    )
    for name in names:
        (folder / f'{name}.json').write_text(json.dumps(coco))


def write_hituav(root):
    for split, name in (('train', '1_60_50_0_1.jpg'), ('test', '1_60_60_0_1.jpg')):
        write_coco(root / 'annotations', [split], 'Person', name)
        (root / split).mkdir()
        assert cv2.imwrite(str(root / split / name), np.zeros((8, 8), np.uint8))


WRITE = dict(
    visdrone2coco=write_visdrone,
    tinyperson2coco=lambda root: write_coco(
        root / 'annotations', ('tiny_set_train', 'tiny_set_test'), 'sea_person'
    ),
    hituav2coco=write_hituav,
    sodad2coco=lambda root: write_coco(root / 'Annotations', ('train',), 'people'),
)


@pytest.mark.parametrize('tool', WRITE)
def test_tool_writes_and_says_what_it_wrote(run, capsys, tmp_path, tool):
    WRITE[tool](tmp_path / 'source')
    assert not run(tool, tmp_path / 'source', '--out-dir', tmp_path / 'out')
    printed = capsys.readouterr().out
    assert f'{tmp_path}/out/train.json: 1 images, 1 boxes\n' in printed
    coco = json.loads((tmp_path / 'out' / 'train.json').read_text())
    assert coco['annotations'][0]['bbox'] == [1, 2, 3, 4]


def test_deeppcb_tool_writes_splits_and_subset(run, capsys, tmp_path):
    root = tmp_path / 'PCBData'
    images, labels = root / 'group1' / '1', root / 'group1' / '1_not'
    images.mkdir(parents=True)
    labels.mkdir()
    for number in (1, 2, 3):
        pixels = np.zeros((32, 32), np.uint8)
        assert cv2.imwrite(str(images / f'{number}_test.jpg'), pixels)
        (labels / f'{number}.txt').write_text('1 1 9 9 2\n')
    pairs = [f'group1/1/{n}.jpg group1/1_not/{n}.txt' for n in (1, 2, 3)]
    (root / 'trainval.txt').write_text('\n'.join(pairs[:2]))
    (root / 'test.txt').write_text(pairs[2])

    out = tmp_path / 'ann'
    assert not run('deeppcb2coco', root, '--out-dir', out, '--num-train', 1)
    assert f'{out}/trainval.json: 2 images, 2 boxes' in capsys.readouterr().out
    for name, count in (('trainval', 2), ('test', 1), ('trainval_1', 1)):
        coco = COCO(str(out / f'{name}.json'))
        assert len(coco.imgs) == len(coco.anns) == count


@pytest.mark.parametrize('tool', [*WRITE, 'deeppcb2coco'])
def test_tool_reports_a_missing_folder_in_one_sentence(run, capsys, tmp_path, tool):
    assert run(tool, tmp_path / 'nowhere', '--out-dir', tmp_path / 'out') == 1
    printed = capsys.readouterr().err
    assert printed.splitlines()[-1].startswith(f'error: {tmp_path}/nowhere')
