"""Fixtures of the report's tests: a scene with known errors, a work_dir by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdet_sodgan.apps.report.ground_truth import GroundTruth

SCRIPT = '<script>document.title="taken over"</script>'
CLASSES = {1: SCRIPT, 2: 'dent'}
NAMES = {1: 'one.png', 2: 'two <i>.png', 3: 'three.png'}


def annotation(image_id: int, category_id: int, box: tuple, **kwargs) -> dict:
    return dict(
        image_id=image_id,
        category_id=category_id,
        bbox=[float(x) for x in box],
        area=float(box[2] * box[3]),
        **kwargs,
    )


# Image 1 is found; image 2 has one of each error; image 3 has no object.
OBJECTS = [
    annotation(1, 1, (10, 10, 10, 10)),
    annotation(1, 2, (50, 50, 40, 40)),
    annotation(2, 1, (10, 10, 10, 10)),  # right place, wrong class
    annotation(2, 1, (40, 10, 10, 10)),  # IoU 1/3
    annotation(2, 2, (50, 50, 40, 40)),  # found twice
    annotation(2, 2, (5, 60, 12, 12)),  # missed
]
FOUND = [
    annotation(1, 1, (10, 10, 10, 10), score=0.9),
    annotation(1, 2, (50, 50, 40, 40), score=0.8),
    annotation(2, 2, (10, 10, 10, 10), score=0.7),  # classification
    annotation(2, 1, (45, 10, 10, 10), score=0.6),  # localisation
    annotation(2, 2, (50, 50, 40, 40), score=0.95),
    annotation(2, 2, (50, 50, 40, 38), score=0.5),  # duplicate
    annotation(2, 1, (80, 50, 20, 40), score=0.45),  # both: IoU 0.2, wrong class
    annotation(3, 1, (20, 20, 10, 10), score=0.4),  # background
    annotation(3, 1, (70, 70, 10, 10), score=0.1),  # background, not sure of itself
]


@pytest.fixture
def truth(tmp_path) -> GroundTruth:
    """Three images of 100 x 100 px in a folder, and their objects."""
    folder = tmp_path / 'data/images'
    folder.mkdir(parents=True)
    images = {}
    for image_id, name in NAMES.items():
        Image.fromarray(np.full((100, 100, 3), 90, np.uint8)).save(folder / name)
        images[image_id] = dict(id=image_id, file_name=name, width=100, height=100)
    objects = [dict(ann, id=i) for i, ann in enumerate(OBJECTS, 1)]
    return GroundTruth(images, objects, CLASSES, folder)


@pytest.fixture
def found() -> list[dict]:
    """Detections on these images, with one error of each of TIDE's types."""
    return [dict(item) for item in FOUND]


@pytest.fixture
def work_dir(sodgan_cfg, truth, found, tmp_path) -> Callable[..., Path]:
    """Factory of a work_dir as a training leaves it, with detections."""

    def make(name: str = 'run', options: dict | None = None, ap: float = 0.3) -> Path:
        data = truth.image_dir.parent
        content = dict(
            images=list(truth.images.values()),
            annotations=truth.annotations,
            categories=[dict(id=k, name=v) for k, v in truth.classes.items()],
        )
        (data / 'test.json').write_text(json.dumps(content))
        cfg = sodgan_cfg(
            {
                'test_dataloader.dataset.data_root': f'{data}/',
                'test_dataloader.dataset.ann_file': 'test.json',
                'test_dataloader.dataset.data_prefix.img': 'images/',
                'test_dataloader.dataset.metainfo': dict(classes=[*CLASSES.values()]),
                'test_evaluator.ann_file': str(data / 'test.json'),
                'test_evaluator.size_buckets': [0, 11, 32, 100],
                'randomness.seed': 7,
            }
            | (options or {})
        )
        folder = tmp_path / name
        log = folder / '20260101_000000/vis_data/scalars.json'
        log.parent.mkdir(parents=True)
        cfg.dump(folder / 'my_config.py')
        rows = [
            dict(
                loss=3 - i, loss_mse=0.5, loss_g_adv=0.1, d_real=0.6, time=0.25, step=i
            )
            for i in (1, 2)
        ]
        rows.append({'coco/bbox_mAP': ap, 'coco/bbox_mAP_l': -1.0, 'step': 1})
        log.write_text(''.join(json.dumps(row) + '\n' for row in rows))
        (folder / 'found.bbox.json').write_text(json.dumps(found))
        return folder

    return make
