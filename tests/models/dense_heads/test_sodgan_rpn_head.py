import pytest
import torch
from mmdet.models.dense_heads import RPNHead
from mmdet.registry import MODELS


@pytest.fixture
def build_head(sodgan_cfg):
    """Factory of the RPN head, of the given type, with the same weights."""

    def make(kind, **kwargs):
        cfg = sodgan_cfg().model
        torch.manual_seed(0)
        head = MODELS.build(
            dict(
                cfg.rpn_head,
                type=kind,
                anchor_generator=dict(
                    cfg.rpn_head.anchor_generator, strides=[2, 4, 8, 16, 32, 64]
                ),
                **kwargs,
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


@pytest.fixture
def outputs(feats):
    """Scores and deltas of three anchors a position; no two scores are equal."""
    sizes = [feat.shape[-2:] for feat in feats]
    total = 2 * 3 * sum(h * w for h, w in sizes)
    ranks = torch.randperm(total).float() / total
    parts = (8 * ranks - 4).split([2 * 3 * h * w for h, w in sizes])
    scores = [x.view(2, 3, *size) for x, size in zip(parts, sizes, strict=True)]
    deltas = [0.3 * torch.randn(2, 12, *size) for size in sizes]
    return scores, deltas


def propose(head, outputs, **cfg):
    cfg = head.test_cfg | cfg
    metas = [dict(img_shape=(60, 64), scale_factor=(1.0, 1.0))] * 2
    return head.predict_by_feat(*outputs, batch_img_metas=metas, cfg=cfg)


# The levels have 3072, 768, 192, 48, 12 and 3 anchors.
@pytest.mark.parametrize('nms_pre', [0, 1, 2, 48, 192, 1000, 10_000])
def test_proposals_are_mmdets(build_head, outputs, nms_pre):
    heads = [build_head(kind) for kind in ('SODGANRPNHead', 'RPNHead')]
    found, expected = (propose(h, outputs, nms_pre=nms_pre) for h in heads)
    for one, other in zip(found, expected, strict=True):
        assert len(one) > 0
        torch.testing.assert_close(one.bboxes, other.bboxes, rtol=0, atol=0)
        # A vectorised sigmoid rounds its last few entries in another way.
        torch.testing.assert_close(one.scores, other.scores)


def test_no_more_anchors_than_needed_are_sorted(build_head, outputs, monkeypatch):
    seen = []
    whole = RPNHead._predict_by_feat_single

    def watched(self, scores, *args, **kwargs):
        seen.append([x.numel() for x in scores])
        return whole(self, scores, *args, **kwargs)

    monkeypatch.setattr(RPNHead, '_predict_by_feat_single', watched)
    propose(build_head('SODGANRPNHead'), outputs, nms_pre=100)
    assert seen == [[100, 100, 100, 48, 12, 3]] * 2


def test_two_class_scores_are_left_to_mmdet(build_head, outputs):
    """A softmax over object and background does not rank by one logit."""
    softmax = dict(type='CrossEntropyLoss', use_sigmoid=False)
    heads = [build_head(k, loss_cls=softmax) for k in ('SODGANRPNHead', 'RPNHead')]
    scores, deltas = outputs
    both = [torch.cat([x, x.flip(-1)], 1) for x in scores]
    found, expected = (propose(h, (both, deltas), nms_pre=100) for h in heads)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.bboxes, other.bboxes, rtol=0, atol=0)
