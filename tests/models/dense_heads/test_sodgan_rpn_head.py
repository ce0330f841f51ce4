import pytest
import torch
from mmdet.registry import MODELS


@pytest.fixture
def build_head(sodgan_cfg):
    """Factory of the RPN head, of the given type, with the same weights."""

    def make(kind):
        cfg = sodgan_cfg().model
        torch.manual_seed(0)
        head = MODELS.build(
            dict(
                cfg.rpn_head,
                type=kind,
                train_cfg=cfg.train_cfg.rpn,
                test_cfg=cfg.test_cfg.rpn,
            )
        )
        head.init_weights()
        return head

    return make


@pytest.fixture
def feats():
    return tuple(torch.randn(2, 16, 64 // s, 64 // s) for s in (2, 4, 8, 16, 32, 64))


def test_is_mmdets_head_in_full_precision(build_head, feats):
    found, expected = (build_head(kind)(feats) for kind in ('SODGANRPNHead', 'RPNHead'))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_outputs_leave_autocast_in_single_precision(build_head, feats):
    head = build_head('SODGANRPNHead')
    seen = []
    head.rpn_cls.register_forward_hook(lambda *args: seen.append(args[-1].dtype))
    with torch.autocast('cpu', torch.bfloat16):
        scores, deltas = head(feats)
    # The convolutions still profit from autocast.
    assert set(seen) == {torch.bfloat16}
    assert {x.dtype for x in (*scores, *deltas)} == {torch.float32}


def test_proposes_under_autocast(build_head, feats):
    head = build_head('SODGANRPNHead').eval()
    metas = [dict(img_shape=(64, 64), scale_factor=(1.0, 1.0))] * 2
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        results = head.predict_by_feat(*head(feats), batch_img_metas=metas)
    assert all(len(result) > 0 for result in results)
    assert all(result.bboxes.isfinite().all() for result in results)


@pytest.mark.parametrize('nms_pre', [0, 1, 2, 40, 1000, 10_000])
def test_proposals_are_mmdets(build_head, feats, nms_pre):
    heads = [build_head(kind).eval() for kind in ('SODGANRPNHead', 'RPNHead')]
    metas = [dict(img_shape=(60, 64), scale_factor=(1.0, 1.0))] * 2
    with torch.no_grad():
        # Far from each other: equal scores have no order.
        outputs = heads[0]([30 * feat for feat in feats])
        cfg = heads[0].test_cfg
        cfg.update(nms_pre=nms_pre)
        found, expected = (
            head.predict_by_feat(*outputs, batch_img_metas=metas, cfg=cfg)
            for head in heads
        )
    for one, other in zip(found, expected, strict=True):
        assert len(one) > 0
        torch.testing.assert_close(one.bboxes, other.bboxes, rtol=0, atol=0)
        # A vectorised sigmoid rounds its last few entries in another way.
        torch.testing.assert_close(one.scores, other.scores)
