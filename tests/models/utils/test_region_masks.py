import math

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData

from mmdet_sodgan.models.utils import region_masks


def sample(boxes, img_shape, box_type=torch.as_tensor):
    boxes = box_type(torch.from_numpy(boxes).float())
    return DetDataSample(
        metainfo=dict(img_shape=img_shape), gt_instances=InstanceData(bboxes=boxes)
    )


def naive(samples, boxes, shape, stride, max_side):
    """Position by position, from the definition."""
    valid, foreground = np.zeros(shape, bool), np.zeros(shape, bool)
    for n, y, x in np.ndindex(shape):
        height, width = samples[n].img_shape
        valid[n, y, x] = y * stride < height and x * stride < width
        for x1, y1, x2, y2 in boxes[n]:
            small = math.sqrt((x2 - x1) * (y2 - y1)) < max_side
            touches = (
                x1 < (x + 1) * stride
                and x2 > x * stride
                and y1 < (y + 1) * stride
                and y2 > y * stride
            )
            foreground[n, y, x] |= small and touches
    return valid, foreground


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('stride', [1, 2, 8])
@pytest.mark.parametrize('box_type', [torch.as_tensor, HorizontalBoxes])
def test_equals_the_naive_loop(seed, stride, box_type):
    rng = np.random.default_rng(seed)
    shape = (3, 16, 24)
    boxes, samples = [], []
    for count in (4, 0, 2):
        centre = rng.uniform(0, 1, (count, 2)) * (shape[2] * stride, shape[1] * stride)
        side = rng.uniform(0.3, 12 * stride, (count, 2))
        corners = np.concatenate([centre - side / 2, centre + side / 2], 1)
        # As float32, which the samples hold; boxes may leave the image.
        boxes.append(corners.astype(np.float32).astype(float))
        img_shape = tuple(int(v) for v in rng.integers(1, 16 * stride, 2))
        samples.append(sample(boxes[-1], img_shape, box_type))
    max_side = 6 * stride
    valid, foreground = region_masks(
        samples, torch.zeros(3, 5, 16, 24), stride, max_side
    )
    expected = naive(samples, boxes, shape, stride, max_side)
    np.testing.assert_array_equal(valid.numpy(), expected[0])
    np.testing.assert_array_equal(foreground.numpy(), expected[1])
    assert expected[1].any()


def test_limit_is_exclusive():
    boxes = np.array([[0.0, 0, 8, 8]])
    feat = torch.zeros(1, 1, 16, 16)
    at_limit = region_masks([sample(boxes, (16, 16))], feat, 1, 8.0)[1]
    below = region_masks([sample(boxes, (16, 16))], feat, 1, 8.01)[1]
    assert not at_limit.any() and below.sum() == 64
