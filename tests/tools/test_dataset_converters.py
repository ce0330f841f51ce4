"""The commands of the converters that take a folder alone."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


def run(tool, *arguments):
    return subprocess.run(
        [sys.executable, str(TOOLS / f'{tool}.py'), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def write_visdrone(root):
    for folder in ('images', 'annotations'):
        (root / 'VisDrone2019-DET-train' / folder).mkdir(parents=True)
    image = root / 'VisDrone2019-DET-train' / 'images' / '1.jpg'
    assert cv2.imwrite(str(image), np.zeros((8, 8), np.uint8))
    label = root / 'VisDrone2019-DET-train' / 'annotations' / '1.txt'
    label.write_text('1,2,3,4,1,4,0,0\n')


def write_coco(folder, names, category):
    folder.mkdir(parents=True)
    item = dict(id=0, image_id=0, category_id=1, bbox=[1, 2, 3, 4], area=12)
    coco = dict(
        images=[dict(id=0, file_name='1.jpg', width=8, height=8)],
        annotations=[item],
        categories=[dict(id=1, name=category)],
    )
    for name in names:
        (folder / f'{name}.json').write_text(json.dumps(coco))


WRITE = dict(
    visdrone2coco=write_visdrone,
    tinyperson2coco=lambda root: write_coco(
        root / 'annotations', ('tiny_set_train', 'tiny_set_test'), 'sea_person'
    ),
    sodad2coco=lambda root: write_coco(root / 'Annotations', ('train',), 'people'),
)


@pytest.mark.parametrize('tool', WRITE)
def test_tool_writes_and_says_what_it_wrote(tmp_path, tool):
    WRITE[tool](tmp_path / 'source')
    done = run(tool, tmp_path / 'source', '--out-dir', tmp_path / 'out')
    assert done.returncode == 0, done.stderr
    assert f'{tmp_path}/out/train.json: 1 images, 1 boxes\n' in done.stdout
    coco = json.loads((tmp_path / 'out' / 'train.json').read_text())
    assert coco['annotations'][0]['bbox'] == [1, 2, 3, 4]


@pytest.mark.parametrize('tool', WRITE)
def test_tool_reports_a_missing_folder_in_one_sentence(tmp_path, tool):
    done = run(tool, tmp_path / 'nowhere', '--out-dir', tmp_path / 'out')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f'error: {tmp_path}/nowhere')
    assert 'Traceback' not in done.stderr
