import pytest
import torch
from mmdet.models.roi_heads.bbox_heads import (
    Shared2FCBBoxHead,
    Shared4Conv1FCBBoxHead,
)

from mmdet_sodgan.models.utils import PooledRoIs, run_box_head


def make_pooled(fine, others):
    torch.manual_seed(0)
    return PooledRoIs(
        torch.randn(fine, 4, 7, 7),
        torch.randn(others, 16, 7, 7),
        torch.randperm(fine + others),
        torch.nn.Conv2d(4, 16, 1),
    )


def test_dense_is_the_projection_in_the_order_asked_for():
    pooled = make_pooled(3, 2)
    expected = torch.cat([pooled.project(pooled.fine), pooled.others])[pooled.order]
    torch.testing.assert_close(pooled.dense(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize('counts', [(9, 4), (9, 0), (0, 4), (0, 0)])
def test_a_layer_that_takes_the_projection_is_the_layer_behind_it(counts):
    pooled, layer = make_pooled(*counts), torch.nn.Linear(16 * 49, 10)
    found, expected = pooled.linear(layer), layer(pooled.dense().flatten(1))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    parameters = [*layer.parameters(), *pooled.project.parameters()]
    gradients = [
        torch.autograd.grad(x.square().sum(), parameters) for x in (found, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def make_head(kind=Shared2FCBBoxHead, **options):
    return kind(in_channels=16, fc_out_channels=24, num_classes=3, **options)


@pytest.mark.parametrize('agnostic', [False, True])
@pytest.mark.parametrize('count', [0, 4, 30])
def test_a_box_head_gives_what_it_gives_on_projected_features(
    monkeypatch, agnostic, count
):
    head, pooled = make_head(reg_class_agnostic=agnostic), make_pooled(count, 5)
    expected = head(pooled.dense())
    monkeypatch.setattr(PooledRoIs, 'dense', None)
    for found, one in zip(run_box_head(head, pooled), expected, strict=True):
        torch.testing.assert_close(found, one, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    'options',
    [
        dict(kind=Shared4Conv1FCBBoxHead, conv_out_channels=16),
        dict(with_avg_pool=True),
        dict(with_reg=False),
    ],
)
def test_other_box_heads_read_projected_features(options):
    head, pooled = make_head(**options), make_pooled(30, 5)
    for found, expected in zip(
        run_box_head(head, pooled), head(pooled.dense()), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_box_head_runs_on_features_of_mmdet():
    head = make_head()
    feats = torch.randn(5, 16, 7, 7)
    for found, expected in zip(run_box_head(head, feats), head(feats), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)
