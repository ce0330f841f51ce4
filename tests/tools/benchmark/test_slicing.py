import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[3]
RESULTS = sorted(ROOT.glob('docs/results/slicing/*.json'))


@pytest.fixture
def slicing(benchmark_tool):
    return benchmark_tool('slicing')


def test_boxes_of_a_mosaic_lie_on_the_same_pixels(slicing, tmp_path):
    paths, images, annotations = [], [], []
    for number in range(8):
        paths.append(tmp_path / f'tile{number}.png')
        image = np.random.randint(0, 256, (20, 30, 3), np.uint8)
        cv2.imwrite(str(paths[-1]), image)
        images.append(dict(id=10 + number, width=30, height=20))
        box = [number, 2, 5, 6]
        annotations.append(dict(id=number, image_id=10 + number, bbox=box, area=30))
    coco = dict(images=images, annotations=annotations, categories=['any'])
    big = slicing.make_mosaics(coco, paths, tmp_path)
    assert [(x['width'], x['height']) for x in big['images']] == [(60, 40)] * 2
    assert len(big['annotations']) == 8 and big['categories'] == ['any']
    for annotation in big['annotations']:
        x, y, width, height = annotation['bbox']
        mosaic = cv2.imread(str(tmp_path / f'{annotation["image_id"]}.png'))
        number = annotation['id']
        tile = cv2.imread(str(paths[number]))
        expected = tile[2:8, number : number + 5]
        assert (mosaic[y : y + height, x : x + width] == expected).all()


def test_pipeline_treats_a_mosaic_as_its_tiles(slicing, narrow):
    options = slicing.training_scale(narrow['lr'])
    assert options == {'test_dataloader.dataset.pipeline.1.scale': (640, 640)}
    cfg = Config.fromfile(narrow['lr'])
    cfg.merge_from_dict(options)
    assert cfg.test_dataloader.dataset.pipeline[1].type == 'Resize'


@pytest.mark.parametrize('path', RESULTS, ids=lambda p: p.stem)
def test_page_has_the_table_of_the_result(slicing, path):
    page = (ROOT / 'docs/lab_notes/measured_in_use.md').read_text()
    assert slicing.table(json.loads(path.read_text())) in page
