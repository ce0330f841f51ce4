import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


def write_image(path: Path, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    assert cv2.imwrite(str(path), pixels)


@pytest.fixture
def write_visdrone() -> Callable[[Path], Path]:
    """Write two images a split in VisDrone's layout, the first with boxes."""

    def write(root: Path) -> Path:
        boxes = (
            '10,12,8,6,1,4,0,0\n'  # a car
            '40,30,5,7,0,1,0,2\n'  # a pedestrian of score 0
            '0,0,20,10,0,0,0,0,\n'  # an ignored region
            '2,2,3,3,1,11,0,0\n'  # "others"
            '5,5,0,4,1,2,0,0\n'  # empty
        )
        for split in ('train', 'val'):
            folder = root / f'VisDrone2019-DET-{split}'
            (folder / 'annotations').mkdir(parents=True)
            for stem, text in (('0000001_d_2', boxes), ('9999999_d_1', '')):
                write_image(folder / 'images' / f'{stem}.jpg', 64, 48)
                (folder / 'annotations' / f'{stem}.txt').write_text(text)
        return root

    return write


@pytest.fixture
def write_tinyperson() -> Callable[[Path], Path]:
    """Write three images a split in TinyPerson's layout, the last one dense."""

    def write(root: Path) -> Path:
        images = [
            dict(id=i, file_name=f'labeled_images/{i}.jpg', width=1280, height=720)
            for i in range(3)
        ]

        def person(number, image_id, category_id, bbox, **flags):
            # The published files have these keys, and boxes that are no integers.
            off = dict(ignore=False, uncertain=False, logo=False, in_dense_image=False)
            x, y, w, h = bbox
            return dict(
                id=number,
                image_id=image_id,
                category_id=category_id,
                bbox=bbox,
                area=w * h,
                iscrowd=0,
                segmentation=[[x, y, x + w, y, x + w, y + h, x, y + h]],
                **(off | flags),
            )

        coco = dict(
            type='instance',
            images=images,
            categories=[
                dict(id=1, name='sea_person', supercategory='person'),
                dict(id=2, name='earth_person', supercategory='person'),
            ],
            annotations=[
                person(0, 0, 1, [100.5, 50.0, 10.0, 10.0]),
                person(1, 0, 2, [300.0, 60.0, 90.0, 40.0], ignore=True, logo=True),
                person(2, 1, 2, [200.0, 50.0, 6.0, 12.0]),
                person(3, 1, 2, [10.0, 20.0, 8.0, 9.0], uncertain=True),
                person(4, 2, 1, [30.0, 20.0, 4.0, 5.0], in_dense_image=True),
            ],
        )
        (root / 'annotations').mkdir(parents=True)
        for split in ('train', 'test'):
            path = root / 'annotations' / f'tiny_set_{split}.json'
            path.write_text(json.dumps(coco))
        for image in images:
            for folder in ('train', 'test', 'erase_with_uncertain_dataset/train'):
                write_image(root / folder / image['file_name'], 1280, 720)
        return root

    return write


@pytest.fixture
def write_sodad() -> Callable[[Path], Path]:
    """Write one patch a split in the layout of SODA-D's splitter."""
    names = ('people', 'rider', 'bicycle', 'motor', 'vehicle')
    names += ('traffic-sign', 'traffic-light', 'traffic-camera', 'warning-cone')

    def write(root: Path) -> Path:
        def cut(number, category_id, bbox, ignore):
            area = float(bbox[2] * bbox[3])
            return dict(
                segmentation=[[0, 0]],
                bbox=bbox,
                category_id=category_id,
                area=area,
                image_id=0,
                id=number,
                ignore=ignore,
                iscrowd=0,
            )

        for split in ('train', 'val', 'test'):
            name = f'{split}_0.jpg'
            write_image(root / 'Images' / split / name, 800, 800)
            coco = dict(
                images=[dict(id=0, file_name=name, width=800, height=800)],
                annotations=[
                    cut(0, 6, [100.0, 50.0, 10.0, 10.0], False),
                    cut(1, 6, [0.0, 300.0, 4.0, 20.0], True),
                    cut(2, 10, [400.0, 400.0, 90.0, 80.0], True),
                ],
                categories=[
                    dict(id=i, name=name)
                    for i, name in enumerate((*names, 'ignore'), start=1)
                ],
            )
            path = root / 'Annotations' / f'{split}.json'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(coco))
        return root

    return write


@pytest.fixture
def write_aitod() -> Callable[[Path], Path]:
    """Write one image a split in AI-TOD's layout."""
    names = ('airplane', 'bridge', 'storage-tank', 'ship')
    names += ('swimming-pool', 'vehicle', 'person', 'wind-mill')

    def write(root: Path) -> Path:
        (root / 'annotations').mkdir(parents=True)
        for split in ('trainval', 'test'):
            write_image(root / split / 'images' / '0.png', 800, 800)
            objects = [(6, [100.0, 50.0, 6.0, 6.0]), (4, [300.0, 60.0, 10.0, 10.0])]
            coco = dict(
                images=[dict(id=1, file_name='0.png', width=800, height=800)],
                annotations=[
                    dict(
                        id=number,
                        image_id=1,
                        category_id=category,
                        bbox=bbox,
                        area=bbox[2] * bbox[3],
                        iscrowd=0,
                    )
                    for number, (category, bbox) in enumerate(objects, start=1)
                ],
                categories=[dict(id=i, name=n) for i, n in enumerate(names, start=1)],
            )
            path = root / 'annotations' / f'aitod_{split}_v1.json'
            path.write_text(json.dumps(coco))
        return root

    return write


@pytest.fixture
def write_hituav() -> Callable[[Path], Path]:
    """Write ``normal_json`` with an image in each published split, as published."""
    names = ('Person', 'Car', 'Bicycle', 'OtherVehicle', 'DontCare')

    def write(root: Path) -> Path:
        # The first is of a flight setting for training, though its file says test.
        for number, (stem, folder, name) in enumerate(
            (
                ('test', 'test', '1_130_30_0_07130.jpg'),
                ('train', 'train', '1_60_60_0_00520.jpg'),
                ('instances_val', 'val', '0_70_40_0_06739.jpg'),
            )
        ):
            write_image(root / folder / name, 640, 512)
            image = dict(filename=name, height=512, width=640, id=number)
            objects = [
                dict(
                    segmentation=[[]],
                    area=162,
                    image_id=number,
                    bbox=[100 + category, 50, 9, 18],
                    category_id=category,
                    id=10 * number + category,
                )
                for category in range(5)
            ]
            coco = dict(
                info=dict(year='2020'),
                images=[image],
                categories=[dict(id=i, name=name) for i, name in enumerate(names)],
                annotation=objects,
            )
            path = root / 'annotations' / f'{stem}.json'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(coco))
        return root

    return write
