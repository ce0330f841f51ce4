import runpy
from pathlib import Path

import pytest
from pycocotools.coco import COCO

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'dataset_converters' / 'make_synthetic.py'


@pytest.fixture
def main():
    return runpy.run_path(str(TOOL))['main']


def arguments(folder, num_train=2):
    text = f'--out-dir {folder} --num-train {num_train} --num-val 1 --seed 3'
    text += ' --image-size 64 48 --size-range 5 20 --objects-per-image 2 4'
    return text.split()


def test_tool_makes_the_set_once(main, tmp_path, capsys):
    folder = tmp_path / 'set'
    assert main(arguments(folder)) == 0
    assert capsys.readouterr().out == f'{folder}: 2 + 1 images, written\n'
    coco = COCO(str(folder / 'annotations' / 'train.json'))
    assert [(i['width'], i['height']) for i in coco.imgs.values()] == [(64, 48)] * 2
    capsys.readouterr()
    assert main(arguments(folder)) == 0
    assert capsys.readouterr().out == f'{folder}: 2 + 1 images, is there already\n'


@pytest.mark.parametrize(
    ('num_train', 'message'),
    [(0, 'num_train must be an integer of at least 1'), (3, 'with another num_train')],
)
def test_tool_reports_an_error_in_one_line(main, tmp_path, capsys, num_train, message):
    folder = tmp_path / 'set'
    assert main(arguments(folder)) == 0
    assert main(arguments(folder, num_train)) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1
    assert message in error
