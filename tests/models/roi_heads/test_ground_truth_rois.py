import numpy as np
import pytest
import torch
from mmcv.ops import roi_align
from mmdet.models.task_modules.coders import DeltaXYWHBBoxCoder
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmdet_sodgan.models import GroundTruthRoIs

STRIDE = 2
BOXES = (
    # Sides of 8, 20 and 40 px; the last of them is not small, one has no area.
    torch.tensor([[4.0, 4, 12, 12], [30, 10, 50, 30], [0, 0, 40, 40], [5, 5, 5, 9]]),
    torch.tensor([[20.0, 20, 36, 28]]),
)
LABELS = (torch.tensor([0, 1, 2, 3]), torch.tensor([4]))


@pytest.fixture
def samples():
    return [
        DetDataSample(gt_instances=InstanceData(bboxes=boxes, labels=labels))
        for boxes, labels in zip(BOXES, LABELS, strict=True)
    ]


@pytest.fixture
def z_sr():
    return torch.randn(2, 3, 32, 32, requires_grad=True)


def build(**options):
    return GroundTruthRoIs(stride=STRIDE, num_classes=5, **options)


def test_small_boxes_are_sampled_and_only_they(samples, z_sr):
    sampled = build(jitter=0.0).sample(z_sr, samples)
    expected = torch.cat(
        [torch.tensor([[0.0], [0], [1]]), torch.cat([BOXES[0][:2], BOXES[1]])], 1
    )
    torch.testing.assert_close(sampled.rois, expected)
    assert sampled.labels.tolist() == [0, 1, 4] and sampled.positive.all()
    assert not sampled.targets.any()


def test_features_are_pooled_from_the_reconstructed_level(samples, z_sr):
    rois = build()
    sampled = rois.sample(z_sr, samples)
    expected = roi_align(z_sr, sampled.rois, (7, 7), 1 / STRIDE, 2, 'avg', True)
    torch.testing.assert_close(sampled.feats, expected)
    sampled.feats.sum().backward()
    assert z_sr.grad.abs().sum() > 0
    real = rois.pool_hr(z_sr, sampled.rois)
    assert not real.requires_grad
    torch.testing.assert_close(real, sampled.feats.detach())


def test_targets_lead_from_the_moved_boxes_back(samples, z_sr):
    sampled = build(jitter=0.2).sample(z_sr, samples)
    coder = DeltaXYWHBBoxCoder(target_stds=(0.1, 0.1, 0.2, 0.2))
    found = coder.decode(sampled.rois[:, 1:], sampled.targets)
    expected = torch.cat([BOXES[0][:2], BOXES[1]])
    assert not torch.allclose(sampled.rois[:, 1:], expected)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


def test_boxes_move_by_the_jitter_of_their_sides(z_sr):
    boxes = torch.tensor([[10.0, 20, 20, 40]]).repeat(4000, 1)
    instances = InstanceData(bboxes=boxes, labels=torch.zeros(4000, dtype=torch.long))
    sampled = build(jitter=0.1, num_sampled_rois=4000).sample(
        z_sr[:1], [DetDataSample(gt_instances=instances)]
    )
    moved = sampled.rois[:, 1:].double().numpy()
    centres = (moved[:, :2] + moved[:, 2:]) / 2
    sides = moved[:, 2:] - moved[:, :2]
    offsets = (centres - [15, 30]) / [10, 20]
    np.testing.assert_allclose(offsets.std(0), 0.1, rtol=0.05)
    np.testing.assert_allclose(np.log(sides / [10, 20]).std(0), 0.1, rtol=0.05)


def test_number_an_image_is_bounded(samples, z_sr):
    sampled = build(num_sampled_rois=1).sample(z_sr, samples)
    assert sampled.rois[:, 0].tolist() == [0, 1]


def test_images_without_small_objects_give_no_roi(samples, z_sr):
    sampled = build(max_small_side=1.0).sample(z_sr, samples)
    assert sampled.feats.shape == (0, 3, 7, 7) and sampled.targets.shape == (0, 4)


def test_negative_jitter_is_refused():
    with pytest.raises(ValueError, match=r'roi_sampler\.jitter is -0\.1; give 0'):
        build(jitter=-0.1)
