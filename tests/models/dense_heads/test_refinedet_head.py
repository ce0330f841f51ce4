from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmdet.engine.hooks import NumClassCheckHook
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from mmdet_sodgan.models.dense_heads import RefineDetHead
from mmdet_sodgan.models.dense_heads.refinedet_head import flat

META = dict(img_shape=(64, 64), pad_shape=(64, 64), scale_factor=(1, 1))
SIDES = 4, 2
#: Three anchors a position.
COUNT = 3 * sum(side**2 for side in SIDES)


@pytest.fixture
def head():
    head = RefineDetHead(
        num_classes=3,
        in_channels=(8, 8),
        anchor_generator=dict(
            type='AnchorGenerator',
            scales=[2],
            ratios=[0.5, 1, 2],
            strides=[16, 32],
            center_offset=0.5,
        ),
        bbox_coder=dict(type='DeltaXYWHBBoxCoder', target_stds=[0.1, 0.1, 0.2, 0.2]),
        train_cfg=ConfigDict(
            assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.5),
            sampler=dict(type='PseudoSampler'),
            smoothl1_beta=1.0,
            allowed_border=-1,
            pos_weight=-1,
            neg_pos_ratio=3,
        ),
        test_cfg=ConfigDict(
            nms_pre=400,
            score_thr=0.01,
            max_per_img=20,
            nms=dict(type='nms', iou_threshold=0.45),
        ),
    )
    head.init_weights()
    return head


def levels(rows):
    """Maps ``(1, A * width, H, W)`` of rows ``(n, width)`` as `flat` orders them."""
    maps = []
    for part, side in zip(
        rows.split([3 * side**2 for side in SIDES]), SIDES, strict=True
    ):
        maps.append(part.reshape(1, side, side, -1).permute(0, 3, 1, 2))
    return maps


def background(probability):
    """Scores of the first head, ``(n, 2)``."""
    probability = torch.as_tensor(probability)
    return torch.stack((1 - probability, probability), -1).log()


def test_first_head_passes_mmdets_check_of_the_classes(head):
    dataset = SimpleNamespace(metainfo=dict(classes=('a', 'b', 'c')))
    runner = SimpleNamespace(
        model=torch.nn.ModuleDict(dict(bbox_head=head)),
        train_dataloader=SimpleNamespace(dataset=dataset),
    )
    NumClassCheckHook().before_train_epoch(runner)
    dataset.metainfo['classes'] = 'a', 'b'
    with pytest.raises(AssertionError, match='does not matches'):
        NumClassCheckHook().before_train_epoch(runner)


def test_forward_gives_both_heads_their_levels(head):
    maps = [torch.rand(2, 8, side, side) for side in SIDES]
    found = head((*maps, *maps))
    assert [[tuple(x.shape) for x in part] for part in found] == [
        [(2, 3 * width, side, side) for side in SIDES] for width in (2, 4, 4, 4)
    ]


def test_refined_anchors_are_those_that_the_first_head_decodes(head):
    deltas = torch.randn(COUNT, 4)
    ((refined,), _) = head.refine(levels(background([0.5] * COUNT)), levels(deltas))
    y, x, ratio = np.meshgrid(range(4), range(4), [0.5, 1, 2], indexing='ij')
    # Of the first level: stride 16 px, sides 32 px at a ratio (height to width) of 1.
    center = np.stack((x.ravel(), y.ravel()), -1) * 16 + 8
    side = 32 / np.sqrt(np.stack((ratio.ravel(), 1 / ratio.ravel()), -1))
    moves = deltas[: len(center)].numpy()
    center = center + 0.1 * moves[:, :2] * side
    side = side * np.exp(0.2 * moves[:, 2:])
    expected = np.concatenate((center - side / 2, center + side / 2), 1)
    np.testing.assert_allclose(refined[: len(center)], expected, rtol=1e-4, atol=1e-3)


def test_sure_background_is_filtered_and_one_anchor_stays(head):
    probability = torch.linspace(0.9, 0.999, COUNT)
    scores = levels(background(probability))
    deltas = levels(torch.zeros(COUNT, 4))
    _, (kept,) = head.refine(scores, deltas)
    assert torch.equal(kept, probability <= 0.99) and 0 < kept.sum() < COUNT
    probability = torch.linspace(0.995, 0.999, COUNT)
    _, (kept,) = head.refine(levels(background(probability)), deltas)
    assert kept.nonzero().tolist() == [[0]]


def test_second_head_learns_from_kept_anchors_only(head):
    probability = torch.where(torch.arange(COUNT) % 2 == 0, 0.5, 0.999)
    rows = torch.randn(COUNT, 4, requires_grad=True)
    arm = torch.zeros(COUNT, 4, requires_grad=True)
    truth = InstanceData(
        bboxes=torch.tensor([[8.0, 8, 40, 40]]), labels=torch.tensor([2])
    )
    scores = background(probability)
    losses = head.loss_by_feat(
        levels(scores), levels(arm), levels(rows), levels(rows), [truth], [META]
    )
    second = losses['loss_cls'][0].sum() + losses['loss_bbox'][0].sum()
    by_rows, by_arm = torch.autograd.grad(second, (rows, arm), allow_unused=True)
    learns = by_rows.abs().sum(1) > 0
    assert learns.any() and not learns[1::2].any()
    # The anchors of the second head are no path back to the first.
    assert by_arm is None
    first = losses['arm_loss_cls'][0].sum() + losses['arm_loss_bbox'][0].sum()
    assert torch.autograd.grad(first, arm)[0].abs().sum() > 0


def test_detects_from_kept_refined_anchors(head):
    """Two anchors are sure of a class; the first head drops the second of them."""
    # The square anchors in the middle of the coarser level, which has 2 x 2 positions.
    first, second = COUNT - 11, COUNT - 2
    probability = torch.full((COUNT,), 0.9)
    probability[second] = 0.995
    rows = torch.tensor([0.0, 0, 0, 20]).repeat(COUNT, 1)
    rows[first], rows[second] = torch.tensor([[0.0, 20, 0, 0], [20, 0, 0, 0]])
    # The first head moves by an eighth of 64 px, the second by as much again.
    move = torch.zeros(COUNT, 4)
    move[first, 0] = 1.25
    (found,) = head.predict_by_feat(
        levels(background(probability)),
        levels(move),
        levels(rows),
        levels(move),
        batch_img_metas=[META],
    )
    assert found.labels.tolist() == [1] and found.scores.item() == pytest.approx(1)
    # Around (16, 16) px at first, cut off at the border of the image.
    torch.testing.assert_close(found.bboxes, torch.tensor([[0.0, 0, 64, 48]]))


def test_rows_are_in_the_order_of_the_anchors():
    rows = torch.randn(COUNT, 5)
    torch.testing.assert_close(flat(levels(rows), 5), rows[None])
