import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope

import mmdet_sodgan.datasets  # noqa: F401 - registers the data sets


@pytest.fixture(autouse=True)
def mmdet_scope() -> Iterator[None]:
    """Resolve the types in pipelines as a run with default_runtime does."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


@pytest.fixture
def write_coco(tmp_path: Path) -> Callable[..., Path]:
    """Write two 40 x 30 px images and their annotation file, with changes."""

    def write(**changes: object) -> Path:
        (tmp_path / 'img').mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        for name in ('a.png', 'b.png'):
            pixels = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
            assert cv2.imwrite(str(tmp_path / 'img' / name), pixels)
        coco = dict(
            images=[
                dict(id=1, file_name='a.png', width=40, height=30),
                dict(id=2, file_name='b.png', width=40, height=30),
            ],
            annotations=[
                dict(
                    id=1,
                    image_id=1,
                    category_id=7,
                    bbox=[4, 5, 10, 8],
                    area=80,
                    iscrowd=0,
                )
            ],
            categories=[dict(id=7, name='bolt'), dict(id=3, name='nut')],
        )
        coco.update(changes)
        (tmp_path / 'ann.json').write_text(json.dumps(coco))
        return tmp_path

    return write
