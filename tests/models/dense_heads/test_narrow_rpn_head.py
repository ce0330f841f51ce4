import pytest
import torch
from mmdet.registry import MODELS


@pytest.fixture
def head(sodgan_cfg):
    cfg = sodgan_cfg().model
    parts = dict(train_cfg=cfg.train_cfg.rpn, test_cfg=cfg.test_cfg.rpn)
    rpn = dict(cfg.rpn_head, type='NarrowRPNHead', narrow_channels=8)
    head = MODELS.build(rpn | parts)
    head.init_weights()
    return head


@pytest.fixture
def feats():
    return tuple(torch.randn(2, 16, 64 // s, 64 // s) for s in (2, 4, 8, 16, 32, 64))


def test_ordinary_levels_go_through_the_shared_convolutions(head, feats, sodgan_cfg):
    cfg = sodgan_cfg().model
    plain = MODELS.build(
        dict(
            cfg.rpn_head,
            type='RPNHead',
            train_cfg=cfg.train_cfg.rpn,
            test_cfg=cfg.test_cfg.rpn,
        )
    )
    shared = {k: v for k, v in head.state_dict().items() if 'narrow' not in k}
    plain.load_state_dict(shared)
    for found, expected in zip(head(feats), plain(feats), strict=True):
        assert [x.shape for x in found] == [x.shape for x in expected]
        torch.testing.assert_close(found[1:], expected[1:], rtol=0, atol=0)


def test_first_level_has_weights_of_its_own(head, feats):
    scores, deltas = head(feats)
    (scores[0].sum() + deltas[0].sum()).backward()
    trained = {
        n.split('.')[0] for n, p in head.named_parameters() if p.grad is not None
    }
    assert trained == {'narrow', 'narrow_cls', 'narrow_reg'}


def test_outputs_leave_autocast_in_single_precision(head, feats):
    full = head(feats)
    with torch.autocast('cpu', torch.bfloat16):
        half = head(feats)
    assert {x.dtype for part in half for x in part} == {torch.float32}
    for found, expected in zip(half, full, strict=True):
        # bfloat16 has 8 significant bits.
        scale = max(level.abs().max() for level in expected).item()
        torch.testing.assert_close(found, expected, rtol=0.02, atol=0.02 * scale)


def test_predictions_start_as_small_as_mmdets(head):
    for layer in (head.narrow_cls, head.narrow_reg):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.3)
        assert layer.bias.abs().max() == 0
