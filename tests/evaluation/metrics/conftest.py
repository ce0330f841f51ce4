"""A tiny data set in COCO format and predictions on it."""

import numpy as np
import pytest
import torch
from mmengine.fileio import dump
from mmengine.structures import InstanceData

# Category ids neither sorted nor adjoining: labels follow the file's order.
CATEGORIES = [{'id': 9, 'name': 'short'}, {'id': 4, 'name': 'open'}]
BOXES = {  # image id: (label, x, y, w, h)
    1: [(0, 10, 10, 6, 6), (1, 60, 60, 14, 14)],
    2: [(1, 20, 20, 30, 30), (0, 70, 10, 50, 50)],
    3: [],
}


@pytest.fixture
def boxes():
    """Image id to the (label, x, y, w, h) of its objects, in px."""
    return dict(BOXES)


@pytest.fixture
def ann_file(tmp_path):
    annotations = [
        {
            'id': index,
            'image_id': image_id,
            'category_id': CATEGORIES[label]['id'],
            'bbox': box,
            'area': box[2] * box[3],
            'iscrowd': 0,
            'segmentation': [_rectangle(box)],
        }
        for index, (image_id, label, box) in enumerate(
            (
                (image_id, label, box)
                for image_id, boxes in BOXES.items()
                for label, *box in boxes
            ),
            start=1,
        )
    ]
    images = [
        {'id': image_id, 'width': 200, 'height': 200, 'file_name': f'{image_id}.png'}
        for image_id in BOXES
    ]
    path = tmp_path / 'annotations.json'
    dump(
        {'images': images, 'annotations': annotations, 'categories': CATEGORIES},
        str(path),
    )
    return str(path)


@pytest.fixture
def make_samples():
    """Function that makes data samples as a detector's ``test_step`` gives them."""
    return _make_samples


@pytest.fixture
def run():
    """Function that evaluates data samples with a metric."""
    return _run


def _rectangle(box):
    x, y, w, h = box
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def _make_samples(boxes=BOXES, shift=0.0, with_masks=False):
    """Data samples whose predictions are the ground truth moved right by shift px."""
    samples = []
    for image_id, objects in boxes.items():
        array = np.array(objects, dtype=np.float32).reshape(-1, 5)
        bboxes = np.concatenate([array[:, 1:3], array[:, 1:3] + array[:, 3:]], axis=1)
        pred = {
            'bboxes': torch.from_numpy(bboxes + np.float32([shift, 0, shift, 0])),
            'labels': torch.from_numpy(array[:, 0].astype(np.int64)),
            'scores': torch.linspace(0.9, 0.5, len(array)),
        }
        if with_masks:
            masks = torch.zeros(len(array), 200, 200, dtype=torch.bool)
            for mask, (x1, y1, x2, y2) in zip(masks, bboxes.astype(int), strict=True):
                mask[y1:y2, x1:x2] = True
            pred['masks'] = masks
        instances = [
            {'bbox': bbox.tolist(), 'bbox_label': int(label), 'ignore_flag': 0}
            for bbox, label in zip(bboxes, array[:, 0], strict=True)
        ]
        samples.append(
            {
                'img_id': image_id,
                'ori_shape': (200, 200),
                'pred_instances': InstanceData(**pred),
                'instances': instances,
            }
        )
    return samples


def _run(metric, samples, classes=('short', 'open')):
    metric.dataset_meta = {'classes': classes}
    for sample in samples:
        metric.process({}, [sample])
    return metric.evaluate(size=len(samples))
