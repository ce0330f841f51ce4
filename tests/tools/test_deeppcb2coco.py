import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from pycocotools.coco import COCO

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'dataset_converters' / 'deeppcb2coco.py'


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(TOOL), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_tool_writes_split_and_subset(tmp_path):
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

    done = run(root, '--out-dir', tmp_path / 'ann', '--num-train', 1)
    assert done.returncode == 0, done.stderr
    assert f'{tmp_path}/ann/trainval.json: 2 images, 2 boxes' in done.stdout
    for name, count in (('trainval', 2), ('test', 1), ('trainval_1', 1)):
        coco = COCO(str(tmp_path / 'ann' / f'{name}.json'))
        assert len(coco.imgs) == len(coco.anns) == count
