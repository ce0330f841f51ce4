import pytest
import torch
from torch import nn

from mmdet_sodgan.models.dense_heads import EfficientDetHead


@pytest.fixture
def head():
    head = EfficientDetHead(
        num_classes=3,
        num_ins=2,
        in_channels=6,
        feat_channels=8,
        stacked_convs=2,
        norm_cfg=dict(type='BN'),
        anchor_generator=dict(
            type='AnchorGenerator', scales=[4], ratios=[0.5, 1, 2], strides=[8, 16]
        ),
    )
    head.init_weights()
    return head


def test_convolutions_are_shared_and_normalisation_is_not(head):
    for tower in (head.cls_convs, head.reg_convs):
        for first, second in zip(*tower, strict=True):
            assert first[0] is second[0]
            assert first[1] is not second[1]
    depthwise = [m for m in head.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    # Two in each of the two towers, and the two predictions.
    assert len(depthwise) == 6
    assert all(m.groups == m.in_channels for m in depthwise)


def test_few_objects_are_expected_at_first(head):
    scores, _ = head((torch.zeros(1, 6, 4, 4), torch.zeros(1, 6, 2, 2)))
    assert scores[0].sigmoid().mean().item() == pytest.approx(0.01, rel=0.5)
