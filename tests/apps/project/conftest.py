import json

import pytest
import torch
from PIL import Image

from mmdet_sodgan.apps.doctor.inspect_dataset import inspect_dataset
from mmdet_sodgan.apps.project import backbones, make_project


@pytest.fixture
def make_coco():
    """Factory of annotations: four boxes in each image, with sides from 6 px on."""

    def make(
        names,
        size=(64, 48),
        classes=('nut', 'bolt'),
        sides=(6, 8, 12, 20),
        masks=False,
    ):
        images = [
            dict(id=i, file_name=name, width=size[0], height=size[1])
            for i, name in enumerate(names, start=1)
        ]
        annotations = [
            dict(
                id=len(sides) * i + j,
                image_id=i + 1,
                category_id=1 + j % len(classes),
                bbox=[j % 9, 2 * j % 9, side, side],
                area=side * side,
                iscrowd=0,
            )
            for i in range(len(images))
            for j, side in enumerate(sides, start=1)
        ]
        for number, annotation in enumerate(annotations, start=1):
            annotation['id'] = number
            if masks:
                x, y, side, _ = annotation['bbox']
                right, bottom = x + side, y + side
                annotation['segmentation'] = [
                    [x, y, right, y, right, bottom, x, bottom]
                ]
        categories = [dict(id=i, name=name) for i, name in enumerate(classes, start=1)]
        return dict(images=images, annotations=annotations, categories=categories)

    return make


@pytest.fixture
def make_split(tmp_path, make_coco):
    """Factory of an annotation file and a folder of images, as the user names them."""

    def make(name='train', number=6, **options):
        names = [f'{i:02d}.png' for i in range(number)]
        coco = make_coco(names, **options)
        folder = tmp_path / name
        folder.mkdir()
        for image in coco['images']:
            size = image['width'], image['height']
            Image.new('RGB', size).save(folder / image['file_name'])
        (tmp_path / f'{name}.json').write_text(json.dumps(coco))
        return [tmp_path / f'{name}.json', folder]

    return make


@pytest.fixture
def project(tmp_path, make_split, monkeypatch):
    """Factory of a project without GPU and network; returns folder and sentences."""

    def make(name='project', named=None, num_gpus=0, fetched=False, **options):
        if named is None:
            named = dict(train=make_split('train'), val=make_split('val', 4))
        folder = tmp_path / name
        with monkeypatch.context() as patch:
            patch.setattr(torch.cuda, 'device_count', lambda: num_gpus)
            patch.setattr(backbones, 'can_fetch', lambda address: fetched)
            lines = list(
                make_project(folder, named, inspect=inspect_dataset, **options)
            )
        return folder, lines

    return make
