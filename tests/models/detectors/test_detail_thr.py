"""Prediction that computes G's detail only where the RPN sees something."""

from dataclasses import replace

import pytest
import torch

from mmdet_sodgan.deploy.onnx_detector import OnnxDetector
from mmdet_sodgan.models.generators.pyramid_generator import enlarge
from mmdet_sodgan.models.utils import FineLevel

SIDE = 160
BN = {'model.generator.norm_cfg': dict(_delete_=True, type='BN')}


@pytest.fixture
def images():
    torch.manual_seed(2)
    return torch.randn(2, 3, SIDE, SIDE)


@pytest.fixture
def build(build_sodgan):
    """Factory of a detector that predicts, whose generator adds something."""

    def make(threshold):
        model = build_sodgan(BN | {'model.test_cfg.detail_thr': threshold}).eval()
        torch.manual_seed(3)
        torch.nn.init.normal_(model.generator.mix.weight, std=0.1)
        torch.nn.init.normal_(model.rpn_head.rpn_cls.weight, std=0.1)
        return model

    return make


@torch.no_grad()
def fine_map(model, images):
    return model.extract_feat(images)[0].map


@torch.no_grad()
def plain_level(model, images):
    z_lr = model.extract_feat(images)[1]
    generator = model.generator
    plain = enlarge(generator.reduce(z_lr), generator.scale_factor)
    return FineLevel(plain, generator.project, generator.scale_factor)


@torch.no_grad()
def first_look(model, images):
    """Highest score of the enlarged z_LR in each cell of z_LR, (2, H, W)."""
    level = plain_level(model, images)
    return model.rpn_head.forward_single(level)[0].sigmoid().amax(1)


def test_below_every_score_all_is_computed(build, images):
    dense, sparse = fine_map(build(None), images), fine_map(build(0.0), images)
    torch.testing.assert_close(sparse, dense, rtol=0, atol=1e-5)


def test_above_every_score_the_level_is_the_enlarged_one(build, images):
    model = build(1.0)
    plain = plain_level(model, images).map
    assert torch.equal(fine_map(model, images), plain)
    assert not torch.allclose(fine_map(build(None), images), plain, atol=1e-3)


def test_detail_stands_next_to_what_the_rpn_sees(build, images):
    dense = build(None)
    level, scores = plain_level(dense, images), first_look(dense, images)
    # The cells of the five highest scores of all.
    threshold = scores.flatten().sort().values[-6:-4].mean().item()
    found = fine_map(build(threshold), images)
    changed = (found != level.map).any(1)
    assert 0 < changed.float().mean() < 0.5
    for n, y, x in (scores > threshold).nonzero().tolist():
        rows = slice(max(0, 2 * y - 2), 2 * y + 4)
        columns = slice(max(0, 2 * x - 2), 2 * x + 4)
        assert changed[n, rows, columns].all()


@torch.no_grad()
def test_rpn_reads_the_level_as_if_it_read_all_of_it(some, images):
    levels = some.extract_feat(images)
    # Where z_LR shows nothing it does not; here all scores are near 0.5.
    assert levels[0].sight.z_lr[0].sigmoid().min() > 0.1
    found = some.rpn_head(levels)
    expected = some.rpn_head((replace(levels[0], sight=None), *levels[1:]))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    # Detail came into it after it was read first.
    assert not torch.equal(found[0][0], levels[0].sight.enlarged[0])


def test_training_and_the_measuring_of_its_statistics_compute_all(build, images):
    model = build(1.0)
    plain = plain_level(model, images).map
    # As PreciseBNHook has it.
    model.generator.train()
    assert not torch.allclose(fine_map(model, images), plain, atol=1e-3)


def test_a_graph_has_all_of_the_level(build, images):
    model = build(1.0)
    model.data_preprocessor.test_mode = 'native'
    plain, seen = fine_map(model, images), []
    extract = model.extract_feat
    model.extract_feat = lambda x: seen.append(extract(x)) or seen[-1]
    network = OnnxDetector(model)
    with torch.no_grad():
        network(images)
    inputs = network._preprocess(images)
    assert torch.equal(seen.pop()[0].map, fine_map(build(None), inputs))
    assert torch.equal(fine_map(model, images), plain)


@pytest.fixture
def some(build, images):
    """A detector that sees something in a few cells of each image."""
    scores = first_look(build(None), images)
    return build(scores.flatten(1).max(1).values.min().item() - 1e-3)


def test_another_image_of_the_batch_changes_nothing(some, images):
    together = fine_map(some, images)
    for image, found in zip(images, together, strict=True):
        torch.testing.assert_close(
            fine_map(some, image[None])[0], found, rtol=0, atol=1e-5
        )


def test_rectangles_layouts_and_half_precision(some, images):
    images = images[..., :128].contiguous()
    expected = fine_map(some, images)
    assert not torch.equal(expected, plain_level(some, images).map)
    some.to(memory_format=torch.channels_last)
    found = fine_map(some, images.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    assert found.is_contiguous(memory_format=torch.channels_last)
    with torch.autocast('cpu', torch.bfloat16):
        half = fine_map(some, images)
    assert (half.float() - expected).abs().mean() < 0.1 * expected.abs().mean()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({}, 'detail_thr is 0.2 and the generator has GroupNorm'),
        (
            BN
            | {
                'model.generator.type': 'PyramidGenerator',
                'model.rpn_head.type': 'SODGANRPNHead',
                'model.rpn_head.anchor_generator.strides': [2, 4, 8, 16, 32, 64],
                'model.roi_head.bbox_roi_extractor.type': 'SingleRoIExtractor',
            },
            'detail_thr is 0.2 and the generator a PyramidGenerator; remove',
        ),
        (BN | {'model.test_cfg.detail_thr': 2.0}, 'detail_thr is 2.0; .* from 0 to 1'),
    ],
)
def test_what_cannot_be_is_refused(build_sodgan, options, message):
    with pytest.raises(ValueError, match=message):
        build_sodgan({'model.test_cfg.detail_thr': 0.2} | options)


def test_other_places_refuse_it(build_roi, build_image):
    for build in build_roi, build_image:
        with pytest.raises(ValueError, match=r'detail_thr is 0.2 and .*; remove'):
            build({'model.test_cfg.detail_thr': 0.2})
