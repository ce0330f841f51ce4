import numpy as np
import pytest
import torch
from mmdet.models.task_modules import AssignResult, SamplingResult
from mmengine.config import ConfigDict

from mmdet_sodgan.models import MultiPathBBoxHead
from mmdet_sodgan.utils.errors import AgreementError

THRESHOLDS = 0.5, 0.55, 0.6, 0.65, 0.7, 0.75
KINDS = 3
TRAIN_CFG = ConfigDict(pos_weight=-1, assigner=dict(pos_iou_thr=0.5))


@pytest.fixture
def head():
    head = MultiPathBBoxHead(
        num_regions=2,
        in_channels=4,
        roi_feat_size=3,
        fc_out_channels=8,
        num_classes=KINDS,
    )
    head.init_weights()
    return head


@pytest.fixture
def sampling():
    """Proposals of one object of 10 x 10 px, shorter by some, and one beside it."""
    heights = torch.tensor([10, 9, 7.2, 6.2, 5.1])
    boxes = torch.zeros(6, 4)
    boxes[:5, 2], boxes[:5, 3] = 10, heights
    boxes[5] = torch.tensor([50.0, 50, 60, 60])
    matched = AssignResult(
        1,
        gt_inds=torch.tensor([1, 1, 1, 1, 1, 0]),
        max_overlaps=None,
        labels=torch.tensor([1, 1, 1, 1, 1, -1]),
    )
    result = SamplingResult(
        torch.arange(5),
        torch.tensor([5]),
        boxes,
        torch.tensor([[0.0, 0, 10, 10]]),
        matched,
        torch.zeros(6, dtype=torch.uint8),
    )
    return boxes, result


def cross_entropy(logits, label):
    """Of one proposal, in NumPy."""
    return np.log(np.exp(logits).sum()) - logits[label]


def test_loss_is_the_mean_of_the_cross_entropies_at_the_thresholds(head, sampling):
    boxes, result = sampling
    scores = torch.randn(6, len(THRESHOLDS), KINDS + 1)
    offsets = torch.randn(6, 4 * KINDS)
    rois = torch.cat([torch.zeros(6, 1), boxes], 1)
    losses = head.loss_and_target(scores, offsets, rois, [result], TRAIN_CFG)[
        'loss_bbox'
    ]
    ious = [1, 0.9, 0.72, 0.62, 0.51, 0]
    terms = [
        cross_entropy(scores[i, t].double().numpy(), 1 if iou >= u else KINDS)
        for i, iou in enumerate(ious)
        for t, u in enumerate(THRESHOLDS)
    ]
    assert losses['loss_cls'].item() == pytest.approx(np.mean(terms), rel=1e-5)
    # The boxes of all that are positive at 0.5, of their class.
    targets = head.bbox_coder.encode(boxes[:5], torch.tensor([[0.0, 0, 10, 10]] * 5))
    errors = (offsets[:5, 4:8] - targets).abs().numpy()
    smooth = np.where(errors < 1, errors**2 / 2, errors - 0.5).sum() / 6
    assert losses['loss_bbox'].item() == pytest.approx(smooth, rel=1e-5)


def test_assigner_of_another_threshold_is_refused(head, sampling):
    cfg = ConfigDict(pos_weight=-1, assigner=dict(pos_iou_thr=0.6))
    with pytest.raises(AgreementError, match=r'begin at 0.5, .*pos_iou_thr is 0.6'):
        head.get_targets([sampling[1]], cfg)


def test_each_region_has_its_own_layers(head):
    x = torch.randn(5, 8, 3, 3)
    scores, boxes = head(x)
    assert scores.shape == (5, len(THRESHOLDS), KINDS + 1)
    assert boxes.shape == (5, 4 * KINDS)
    joined = []
    for region, tower in zip(x.split(4, 1), head.towers, strict=True):
        first, second = (layer for layer in tower if hasattr(layer, 'weight'))
        hidden = (region.flatten(1) @ first.weight.T + first.bias).clamp(min=0)
        joined.append((hidden @ second.weight.T + second.bias).clamp(min=0))
    joined = torch.cat(joined, 1)
    torch.testing.assert_close(scores.flatten(1), head.fc_cls(joined))
    torch.testing.assert_close(boxes, head.fc_reg(joined))


def test_predicts_the_mean_probability_of_the_classifiers(head):
    scores = torch.randn(7, len(THRESHOLDS), KINDS + 1)
    (found,) = head.predict_by_feat(
        [torch.tensor([[0.0, 0, 0, 10, 10]] * 7)],
        [scores],
        [torch.zeros(7, 4 * KINDS)],
        [dict(img_shape=(64, 64))],
    )
    exp = np.exp(scores.double().numpy())
    expected = (exp / exp.sum(-1, keepdims=True)).mean(1)
    np.testing.assert_allclose(found.scores, expected, rtol=1e-5)


def test_batch_without_rois_has_finite_losses(head):
    scores, boxes = head(torch.zeros(0, 8, 3, 3))
    labels = torch.zeros(0, len(THRESHOLDS), dtype=torch.long)
    losses = head.loss(scores, boxes, torch.zeros(0, 5), labels, *[torch.zeros(0)] * 3)
    total = sum(losses.values())
    total.backward()
    assert total == 0 and not head.fc_cls.weight.grad.any()
