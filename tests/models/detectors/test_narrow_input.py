"""z_LR in the few channels that the generator reads of it."""

from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config

from mmdet_sodgan.models.detectors import fuse_for_prediction
from mmdet_sodgan.models.utils import FineLevel
from mmdet_sodgan.utils.compare_weights import compare_weights

CONFIGS = Path(__file__).parents[3] / 'configs'
NARROW = {
    'model.generator.narrow_input': True,
    'model.generator.mid_channels': 8,
    'model.generator.norm_cfg': None,
}
SIDE = 160


@pytest.fixture
def images():
    torch.manual_seed(2)
    return torch.randn(2, 3, SIDE, SIDE)


@pytest.fixture
def model(build_sodgan):
    """A detector whose generator adds something."""
    model = build_sodgan(NARROW)
    torch.nn.init.normal_(model.generator.mix.weight, std=0.1)
    return model


@torch.no_grad()
def predict(model, images):
    metas = dict(img_shape=(SIDE,) * 2, ori_shape=(SIDE,) * 2, scale_factor=(1.0, 1.0))
    samples = [DetDataSample(metainfo=metas) for _ in images]
    return [sample.pred_instances for sample in model.predict(images, samples)]


def test_heads_read_z_lr_through_the_generators_channels(model, images):
    model.eval()
    with torch.no_grad():
        fine, coarse, *others = model.extract_feat(images)
        z_lr, *ordinary = model.ordinary_levels(images)
        expected = model.generator.project(model.generator.reduce(z_lr))
    assert isinstance(coarse, FineLevel) and coarse.project is fine.project
    torch.testing.assert_close(coarse.dense(), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(others, ordinary, rtol=0, atol=0)


def test_without_it_heads_read_z_lr_itself(build_sodgan, images):
    model = build_sodgan().eval()
    with torch.no_grad():
        found, expected = model.extract_feat(images)[1:], model.ordinary_levels(images)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_what_the_heads_make_of_it_trains_the_generators_first_and_last_layer(
    model, batch
):
    data = model.data_preprocessor(batch(), True)
    model.zero_grad()
    coarse = model.extract_feat(data['inputs'])[1]
    model.rpn_head.forward_single(coarse)[0].sum().backward()
    trained = {n for n, p in model.generator.named_parameters() if p.grad is not None}
    assert trained == {
        f'{layer}.{name}'
        for layer in ('reduce', 'project')
        for name in ('weight', 'bias')
    }


def test_fused_it_predicts_the_same_with_a_narrow_last_convolution(model, images):
    model.eval()
    expected = predict(model, images)
    fuse_for_prediction(model)
    assert model.neck.fpn_convs[0].weight.shape[:2] == (8, 16)
    found = predict(model, images)
    assert len(expected[0]) > 10
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.scores, theirs.scores, rtol=0, atol=1e-5)
        torch.testing.assert_close(ours.bboxes, theirs.bboxes, rtol=0, atol=1e-3)
    # A second time there is nothing left to do.
    fuse_for_prediction(model)
    torch.testing.assert_close(predict(model, images)[0].scores, found[0].scores)


@pytest.mark.parametrize(
    'options',
    [
        {},
        NARROW | {'model.neck.norm_cfg': dict(type='BN')},
        NARROW | {'model.neck.type': 'PAFPN'},
    ],
    ids=['whole input', 'a norm in the neck', 'another neck'],
)
def test_fusing_leaves_alone_what_it_does_not_know(build_sodgan, options, images):
    model = build_sodgan(options).eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    fuse_for_prediction(model)
    assert before.keys() == model.state_dict().keys()
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_checkpoint_of_the_other_form_does_not_fit(model, build_sodgan):
    plain = build_sodgan({**NARROW, 'model.generator.narrow_input': False})
    names = ('generator.narrow_input',)
    assert compare_weights(model, plain.state_dict()).missing == names
    assert compare_weights(plain, model.state_dict()).unexpected == names
    assert compare_weights(model, model.state_dict()).fits


def test_a_host_with_a_single_level_is_refused():
    cfg = Config.fromfile(CONFIGS / 'sodgan/sodgan-faster-rcnn_r50-caffe_c4-1x_coco.py')
    cfg.merge_from_dict(NARROW)
    with pytest.raises(
        ValueError, match='narrow_input is True and the host has a sing'
    ):
        MODELS.build(cfg.model)
