import sys

import numpy as np
import pytest
import torch
from PIL import Image

from mmdet_sodgan.apis import Predictor


def best(sample):
    """Box and score of the highest score."""
    found = sample.pred_instances
    top = found.scores.argmax()
    return found.bboxes[top], found.scores[top]


@pytest.fixture
def sliced(detector):
    """Factory of a predictor with slices of 64 px."""
    pytest.importorskip('sahi')

    def make(**kwargs):
        return Predictor(*detector, device='cpu', slice_side=64, **kwargs)

    return make


def test_boxes_of_slices_lie_where_their_slice_does(sliced, predictor, noise):
    left, right = noise(64, 64), noise(64, 64)
    found = sliced(overlap=0.0)(np.hstack([left, right]))
    assert found.ori_shape == (64, 128)
    instances = found.pred_instances
    for tile, shift in ((left, 0), (right, 64)):
        box, score = best(predictor(tile))
        box = box + box.new_tensor([shift, 0, shift, 0])
        same = (instances.bboxes - box).abs().amax(dim=1) < 1e-3
        torch.testing.assert_close(instances.scores[same], score[None])
    # None is found where two slices are seen together.
    crosses = (instances.bboxes[:, 0] < 64) & (instances.bboxes[:, 2] > 64)
    assert not crosses.any()


def test_pillow_keeps_its_bound(sliced, noise):
    before = Image.MAX_IMAGE_PIXELS
    assert before is not None
    sliced()(noise(64, 64))
    assert before == Image.MAX_IMAGE_PIXELS


def test_colours_are_not_swapped(sliced, predictor, noise):
    image = noise(64, 64)
    image[..., 0] //= 8
    found, expected = sliced()(image), predictor(image)
    torch.testing.assert_close(best(found), best(expected))
    other = predictor(np.ascontiguousarray(image[..., ::-1]))
    assert best(other)[1] != best(expected)[1]


def test_boxes_within_others_of_their_class_are_left_out(sliced, noise):
    found = sliced(overlap=0.5)(noise(64, 128)).pred_instances
    areas = (found.bboxes[:, 2:] - found.bboxes[:, :2]).prod(dim=1)
    corner = torch.maximum(found.bboxes[:, None, :2], found.bboxes[:, :2])
    end = torch.minimum(found.bboxes[:, None, 2:], found.bboxes[:, 2:])
    common = (end - corner).clamp(min=0).prod(dim=2)
    share = common / torch.minimum(areas[:, None], areas)
    share[found.labels[:, None] != found.labels] = 0
    assert len(found) > 1 and share.fill_diagonal_(0).max() <= 0.5


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(slice_side=0), 'slice_side is 0'),
        (dict(slice_side=64, overlap=1.0), r'overlap is 1.0, must be in \[0, 1\)'),
    ],
)
def test_slices_that_cannot_be_are_refused(detector, options, message):
    with pytest.raises(ValueError, match=message):
        Predictor(*detector, device='cpu', **options)


def test_missing_sahi_names_the_extra(detector, monkeypatch):
    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name == 'sahi':
                raise ModuleNotFoundError(name=name)

    for name in [name for name in sys.modules if name.split('.')[0] == 'sahi']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, 'meta_path', [Missing(), *sys.meta_path])
    with pytest.raises(SystemExit, match=r'pip install "mmdet_sodgan\[slicing\]"'):
        Predictor(*detector, device='cpu', slice_side=64)
