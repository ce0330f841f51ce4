import numpy as np
import pytest
import torch
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi
from mmengine.structures import InstanceData

from mmdet_sodgan.models.roi_heads import SampledRoIsMixin
from mmdet_sodgan.models.utils import FineLevel, PooledRoIs

NUM_CLASSES = 6
FINEST_SCALE = 28
LEVEL_OF = (2, 4, 8, 16, 32)


@pytest.fixture
def build_head(sodgan_cfg):
    """Factory of the RoI head; options by keys below ``model.roi_head``."""

    def make(**options):
        cfg = sodgan_cfg({f'model.roi_head.{k}': v for k, v in options.items()}).model
        head = MODELS.build(
            dict(cfg.roi_head, train_cfg=cfg.train_cfg.rcnn, test_cfg=cfg.test_cfg.rcnn)
        )
        head.init_weights()
        return head

    return make


@pytest.fixture
def scene():
    """Features of two 128 px images, and proposals and objects of many sizes."""

    def make(num_objects=(4, 3)):
        feats = tuple(
            torch.randn(2, 16, 128 // s, 128 // s, requires_grad=True) for s in LEVEL_OF
        )
        proposals = [InstanceData(bboxes=_boxes(80)) for _ in num_objects]
        samples = []
        for count in num_objects:
            instances = InstanceData(
                bboxes=_boxes(count), labels=torch.randint(NUM_CLASSES, (count,))
            )
            samples.append(_sample(instances))
        return feats, proposals, samples

    return make


def _boxes(count):
    """From 4 to 110 px, evenly in the logarithm; the extremes are always there."""
    side = 2 ** (2 + 4.78 * torch.linspace(0, 1, count)[:, None].expand(count, 2))
    corner = torch.rand(count, 2) * (128 - side)
    return torch.cat([corner, corner + side], 1)


def _sample(instances):
    return DetDataSample(metainfo=dict(img_shape=(128, 128)), gt_instances=instances)


def sample(head, *args):
    """The RoIs that the losses of a head are of."""
    head.returns_samples = True
    return head.loss(*args)['sampled_rois']


def record(head, monkeypatch):
    """Keep what the sampler returns."""
    results, sample = [], head.bbox_sampler.sample

    def keep(*args, **kwargs):
        results.append(sample(*args, **kwargs))
        return results[-1]

    monkeypatch.setattr(head.bbox_sampler, 'sample', keep)
    return results


def finest(boxes):
    """Those below twice the finest scale, where FPN's rule leaves level 0."""
    sides = (boxes[:, 2:] - boxes[:, :2]).double().numpy()
    return np.sqrt(sides[:, 0] * sides[:, 1]) < 2 * FINEST_SCALE


def test_losses_are_those_of_the_standard_head(build_head, scene):
    head = build_head()
    standard = build_head(type='StandardRoIHead')
    standard.load_state_dict(head.state_dict())
    torch.manual_seed(1)
    inputs = scene()
    losses = []
    for each in (head, standard):
        torch.manual_seed(2)
        feats, proposals, samples = inputs
        losses.append(each.loss(feats, [p.clone() for p in proposals], samples))
    torch.testing.assert_close(*losses, rtol=0, atol=0)


@pytest.mark.parametrize('training', [True, False])
def test_losses_of_a_fine_level_are_the_standard_heads_on_z_sr(
    build_head, scene, training
):
    head, (feats, proposals, samples) = build_head(), scene()
    standard = build_head(type='StandardRoIHead')
    head.train(training), standard.train(training)
    standard.load_state_dict(head.state_dict())
    fine = FineLevel(torch.randn(2, 4, 64, 64), torch.nn.Conv2d(4, 16, 1), 2)
    parameters = [*fine.project.parameters(), fine.map.requires_grad_()]
    found = []
    for each, first in ((head, fine), (standard, fine.dense())):
        torch.manual_seed(2)
        levels, boxes = (first, *feats[1:]), [p.clone() for p in proposals]
        losses = each.loss(levels, boxes, samples)
        total = losses['loss_cls'] + losses['loss_bbox']
        weights = [*each.bbox_head.parameters(), *parameters]
        found.append([losses, torch.autograd.grad(total, weights)])
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)
    feats = sample(head, (fine, *feats[1:]), proposals, samples).feats
    assert feats.shape[1:] == (16, 7, 7) and len(feats)


def test_test_time_is_the_standard_heads_on_z_sr(build_head, scene, monkeypatch):
    head, (feats, proposals, _) = build_head().eval(), scene()
    fine = FineLevel(torch.randn(2, 4, 64, 64), torch.nn.Conv2d(4, 16, 1), 2)
    rois = bbox2roi([x.bboxes for x in proposals])
    expected = StandardRoIHead._bbox_forward(head, (fine.dense(), *feats[1:]), rois)
    # The projection is in the weights.
    monkeypatch.setattr(PooledRoIs, 'dense', None)
    found = head._bbox_forward((fine, *feats[1:]), rois)
    for name in ('cls_score', 'bbox_pred'):
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize('cap', [128, 10, 3])
def test_judges_the_rois_of_the_reconstructed_level_positives_first(
    build_head, scene, monkeypatch, cap
):
    head = build_head(num_sampled_rois=cap)
    results = record(head, monkeypatch)
    feats, proposals, samples = scene()
    sampled = sample(head, feats, proposals, samples)
    for index, result in enumerate(results):
        positive = finest(result.pos_priors)
        negative = finest(result.neg_priors)
        assert positive.any() and not positive.all() and not negative.all()
        expected = torch.cat(
            [result.pos_priors[positive], result.neg_priors[negative]]
        )[:cap]
        rows = sampled.rois[:, 0] == index
        assert torch.equal(sampled.rois[rows, 1:], expected)
        flags = sampled.positive[rows]
        assert flags.sum() == min(cap, positive.sum())
        assert flags.tolist() == sorted(flags.tolist(), reverse=True)


def test_labels_and_targets_are_the_box_heads(build_head, scene, monkeypatch):
    head = build_head()
    results = record(head, monkeypatch)
    sampled = sample(head, *scene())
    labels, _, targets, weights = head.bbox_head.get_targets(results, head.train_cfg)
    rois = bbox2roi([result.priors for result in results])
    keep = torch.from_numpy(finest(rois[:, 1:]))
    assert torch.equal(sampled.rois, rois[keep])
    assert torch.equal(sampled.labels, labels[keep])
    assert torch.equal(sampled.targets, targets[keep])
    assert torch.equal(sampled.positive, weights[keep].any(1))
    assert 0 < sampled.positive.sum() < len(sampled.labels)


def test_targets_are_encoded_where_the_box_head_decodes(build_head, scene):
    # With an IoU loss the box head's own targets are boxes.
    kwargs = {
        'bbox_head.reg_decoded_bbox': True,
        'bbox_head.loss_bbox': dict(type='GIoULoss', _delete_=True),
    }
    sampled = []
    inputs = scene()
    reference = build_head()
    for head in (reference, build_head(**kwargs)):
        head.load_state_dict(reference.state_dict())
        torch.manual_seed(2)
        feats, proposals, samples = inputs
        sampled.append(sample(head, feats, [p.clone() for p in proposals], samples))
    assert sampled[0].positive.any()
    assert torch.equal(sampled[0].rois, sampled[1].rois)
    assert torch.equal(sampled[0].targets, sampled[1].targets)


def test_features_are_the_box_heads_with_gradient_to_the_reconstructed_level(
    build_head, scene
):
    head = build_head()
    feats, proposals, samples = scene()
    sampled = sample(head, feats, proposals, samples)
    expected = head.bbox_roi_extractor(feats, sampled.rois)
    torch.testing.assert_close(sampled.feats, expected)
    sampled.feats.square().sum().backward()
    assert feats[0].grad.abs().sum() > 0
    assert all(not level.grad.any() for level in feats[1:] if level.grad is not None)


def test_target_is_pooled_as_the_fakes_are_and_without_gradient(build_head, scene):
    head = build_head()
    feats, proposals, samples = scene()
    sampled = sample(head, feats, proposals, samples)
    real = head.pool_hr(feats[0], sampled.rois)
    assert not real.requires_grad
    torch.testing.assert_close(real, sampled.feats.detach())


def test_a_users_head_with_the_mixin_returns_samples_too(build_head, scene):
    class MyRoIHead(SampledRoIsMixin, StandardRoIHead):
        pass

    head = build_head(type=MyRoIHead)
    assert len(sample(head, *scene()).rois) > 0


def test_old_name_of_an_option_works_with_a_warning(build_head):
    with pytest.warns(FutureWarning, match="'num_judged_rois' is called"):
        head = build_head(num_judged_rois=3)
    assert head.num_sampled_rois == 3


def test_images_without_objects_give_background_only(build_head, scene):
    head = build_head()
    sampled = sample(head, *scene((0, 0)))
    assert len(sampled.labels) > 0
    assert (sampled.labels == NUM_CLASSES).all() and not sampled.positive.any()
    assert not sampled.targets.any()


def test_objects_without_positive_proposals_give_background_only(
    build_head, scene, monkeypatch
):
    head = build_head()
    monkeypatch.setattr(head.bbox_assigner, 'pos_iou_thr', 1.1)
    # Otherwise the objects' own boxes would join the proposals.
    monkeypatch.setattr(head.bbox_sampler, 'add_gt_as_proposals', False)
    sampled = sample(head, *scene())
    assert len(sampled.labels) > 0 and not sampled.positive.any()


def test_no_roi_on_the_reconstructed_level_gives_none(build_head, scene):
    head = build_head(**{'bbox_roi_extractor.finest_scale': 0.1})
    sampled = sample(head, *scene())
    assert sampled.feats.shape == (0, 16, 7, 7)
    assert sampled.rois.shape == (0, 5) and sampled.targets.shape == (0, 4)
    assert head.pool_hr(torch.randn(2, 16, 64, 64), sampled.rois).shape[0] == 0


def test_bfloat16_features_are_pooled_in_full_precision(build_head, scene):
    head = build_head()
    feats, proposals, samples = scene()
    half = tuple(level.bfloat16() for level in feats)
    head.returns_samples = True
    losses = head.loss(half, proposals, samples)
    assert losses['sampled_rois'].feats.dtype == torch.float32
    assert losses['loss_cls'].isfinite()
