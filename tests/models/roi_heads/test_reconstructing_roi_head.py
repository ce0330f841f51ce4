import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi
from mmengine.structures import InstanceData

NUM_CLASSES = 6
STRIDES = (4, 8, 16, 32, 64)
MAX_SMALL_SIDE = 20
PLAIN = {'bbox_roi_extractor.featmap_strides': [4, 8, 16, 32]}


@pytest.fixture
def build_head(sodgan_cfg):
    """Factory of the RoI head; options by keys below ``model.roi_head``."""

    def make(type='ReconstructingRoIHead', **options):
        options = PLAIN | options
        if type == 'ReconstructingRoIHead':
            options = dict(max_small_side=MAX_SMALL_SIDE) | options
        cfg = sodgan_cfg({f'model.roi_head.{k}': v for k, v in options.items()}).model
        head = MODELS.build(
            dict(
                cfg.roi_head,
                type=type,
                train_cfg=cfg.train_cfg.rcnn,
                test_cfg=cfg.test_cfg.rcnn,
            )
        )
        head.init_weights()
        return head

    return make


@pytest.fixture
def pair(build_head):
    """The head and mmdet's, with the same weights."""
    head, standard = build_head(), build_head('StandardRoIHead')
    standard.load_state_dict(head.state_dict())
    return head, standard


@pytest.fixture
def scene():
    """Features of two 128 px images, and proposals and objects of many sizes."""
    feats = tuple(
        torch.randn(2, 16, 128 // s, 128 // s, requires_grad=True) for s in STRIDES
    )
    proposals = [InstanceData(bboxes=_boxes(80)) for _ in range(2)]
    samples = [
        DetDataSample(
            metainfo=dict(img_shape=(128, 128)),
            gt_instances=InstanceData(
                bboxes=_boxes(4), labels=torch.randint(NUM_CLASSES, (4,))
            ),
        )
        for _ in range(2)
    ]
    return feats, proposals, samples


def _boxes(count):
    """From 4 to 110 px, twice as wide as high or the other way round."""
    side = 2 ** (2 + 4.3 * torch.linspace(0, 1, count))[:, None].expand(count, 2)
    aspect = torch.tensor([[1.4, 0.7], [0.7, 1.4]])[torch.arange(count) % 2]
    side = side * aspect
    corner = torch.rand(count, 2) * (128 - side)
    return torch.cat([corner, corner + side], 1)


def small(rois):
    """The issue's rule, in NumPy."""
    x1, y1, x2, y2 = rois[:, -4:].double().numpy().T
    return torch.from_numpy((x2 - x1) * (y2 - y1) < MAX_SMALL_SIDE**2)


def identity(feats, rois):
    return feats


def negative(feats, rois):
    return -feats


def test_large_rois_are_bit_for_bit_those_of_the_standard_head(pair, scene):
    head, standard = pair
    feats, proposals, _ = scene
    rois = bbox2roi([p.bboxes for p in proposals])
    expected = standard._bbox_forward(feats, rois)
    with head.reconstructing(negative):
        found = head._bbox_forward(feats, rois)
    large = ~small(rois)
    assert 0 < large.sum() < len(rois) and found.keys() == expected.keys()
    for name in expected:
        assert torch.equal(found[name][large], expected[name][large])
        assert not torch.equal(found[name], expected[name])
    torch.testing.assert_close(
        found['bbox_feats'][~large], -expected['bbox_feats'][~large]
    )


def test_losses_of_an_identical_reconstruction_are_those_of_the_standard_head(
    pair, scene
):
    losses = []
    for head in pair:
        feats, proposals, samples = scene
        torch.manual_seed(2)
        arguments = (feats, [p.clone() for p in proposals], samples)
        if head is pair[0]:
            with head.reconstructing(identity):
                losses.append(head.loss(*arguments))
        else:
            losses.append(head.loss(*arguments))
    torch.testing.assert_close(*losses, rtol=0, atol=0)


def test_area_decides_and_not_the_longer_side(build_head):
    head = build_head()
    limit = float(MAX_SMALL_SIDE)
    sides = np.array(
        [[limit, limit], [limit, limit - 0.01], [4 * limit, limit / 4.1], [3.0, 3.0]]
    )
    rois = torch.zeros(len(sides), 5)
    rois[:, 1:3] = 8
    rois[:, 3:] = 8 + torch.from_numpy(sides)
    assert head._is_small(rois, 5).tolist() == [False, True, True, True]


def test_sampled_rois_are_the_reconstructed_ones(build_head, scene):
    head = build_head()
    given = []

    def remember(feats, rois):
        given.append(rois)
        return feats + 1

    head.returns_samples = True
    with head.reconstructing(remember):
        sampled = head.loss(*scene)['sampled_rois']
    assert len(given) == 1 and torch.equal(sampled.rois, given[0])
    assert small(sampled.rois).all() and 0 < sampled.positive.sum() < len(sampled.rois)
    torch.testing.assert_close(sampled.feats, head.pool(scene[0], sampled.rois) + 1)


def test_pools_as_mmdets_extractor(build_head, scene):
    head = build_head()
    feats, proposals, _ = scene
    rois = bbox2roi([p.bboxes for p in proposals])
    expected = head.bbox_roi_extractor(feats[:4], rois)
    assert torch.equal(head.pool(feats, rois), expected)
    half = head.pool([level.bfloat16() for level in feats], rois)
    assert half.dtype == torch.float32


def test_no_small_roi_calls_the_generator_with_none(build_head, scene):
    head = build_head(max_small_side=0.1)
    shapes = []

    def remember(feats, rois):
        shapes.append((tuple(feats.shape), tuple(rois.shape)))
        return feats

    head.returns_samples = True
    with head.reconstructing(remember):
        sampled = head.loss(*scene)['sampled_rois']
    assert shapes == [((0, 16, 7, 7), (0, 5))]
    assert sampled.feats.shape == (0, 16, 7, 7)


def test_head_without_a_detectors_generator_is_named(build_head, scene):
    head = build_head()
    with pytest.raises(RuntimeError, match=r"outside of reconstructing.*'RoISODGAN'"):
        head.loss(*scene)
    with head.reconstructing(identity):
        pass
    with pytest.raises(RuntimeError, match='outside of reconstructing'):
        head._bbox_forward(scene[0], torch.zeros(1, 5))


def test_mask_head_on_the_box_heads_features_is_refused(build_head):
    mask_head = dict(
        type='FCNMaskHead',
        num_convs=1,
        in_channels=16,
        conv_out_channels=16,
        num_classes=NUM_CLASSES,
        loss_mask=dict(type='CrossEntropyLoss', use_mask=True, loss_weight=1.0),
    )
    with pytest.raises(ValueError, match=r'roi_head\.mask_roi_extractor is None'):
        build_head(mask_head=mask_head)
