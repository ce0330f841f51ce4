"""The reconstructed level in full width, as in checkpoints before it was narrow."""

import pytest
import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmengine.runner import load_checkpoint

from mmdet_sodgan.models.generators.pyramid_generator import enlarge

STRIDES = [2, 4, 8, 16, 32]
FULL_WIDTH = {
    'model.generator.type': 'PyramidGenerator',
    'model.rpn_head.type': 'NarrowRPNHead',
    'model.rpn_head.anchor_generator.strides': [*STRIDES, 64],
    'model.roi_head.bbox_roi_extractor.type': 'SingleRoIExtractor',
    'model.test_cfg.rcnn.score_thr': 0.0,
}


class GivenFeatures(TwoStageDetector):
    """mmdet's detector on features that are handed in."""

    def extract_feat(self, batch_inputs):
        return batch_inputs


@pytest.fixture
def trained(build_sodgan):
    """A detector whose generator is off its start."""
    model = build_sodgan(FULL_WIDTH)
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    return model


def predict(model, data):
    data = model.data_preprocessor(data, False)
    with torch.no_grad():
        found = model.eval().predict(data['inputs'], data['data_samples'])
    return [x.pred_instances.to_dict() for x in found]


def test_checkpoint_has_the_weights_of_before(trained, build_sodgan):
    before, now = (set(m.state_dict()) for m in (trained, build_sodgan()))
    assert {'.'.join(key.split('.')[:2]) for key in now - before} == {'generator.mix'}
    assert {'.'.join(key.split('.')[:2]) for key in before - now} == {
        'rpn_head.narrow',
        'rpn_head.narrow_cls',
        'rpn_head.narrow_reg',
    }


def test_checkpoint_loads_strictly_and_predicts_the_same(
    trained, build_sodgan, batch, tmp_path
):
    path = str(tmp_path / 'before.pth')
    torch.save(dict(state_dict=trained.state_dict(), meta={}), path)
    loaded = build_sodgan(FULL_WIDTH)
    start = predict(loaded, batch())
    load_checkpoint(loaded, path, 'cpu', strict=True)
    found, expected = (predict(m, batch()) for m in (loaded, trained))
    assert all(len(x['scores']) > 10 for x in found)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert not torch.equal(start[0]['scores'], found[0]['scores'])


def test_detects_as_mmdets_detector_on_the_enlarged_pyramid(trained, sodgan_cfg, batch):
    cfg = sodgan_cfg(FULL_WIDTH).model
    plain = GivenFeatures(
        roi_head=dict(cfg.roi_head, type='StandardRoIHead'),
        data_preprocessor=cfg.data_preprocessor,
        **{
            k: cfg[k] for k in ('backbone', 'neck', 'rpn_head', 'train_cfg', 'test_cfg')
        },
    )
    plain.roi_head.load_state_dict(trained.roi_head.state_dict())
    plain.rpn_head.load_state_dict(trained.rpn_head.state_dict())
    data = trained.eval().data_preprocessor(batch(), False)
    images, samples = data['inputs'], data['data_samples']
    with torch.no_grad():
        stages = trained.backbone(images)
        levels = trained.neck(stages)
        fine = trained.generator(images, stages[0], levels[0])
        assert not torch.allclose(fine, enlarge(levels[0], 2))
        expected = plain.eval().predict((fine, *levels), samples, rescale=False)
        expected = [x.pred_instances.to_dict() for x in expected]
        found = trained.predict(images, samples, rescale=False)
    found = [x.pred_instances.to_dict() for x in found]
    assert all(len(x['scores']) > 10 for x in found)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.rpn_head.type': 'FineLevelRPNHead'},
            r'generator is a PyramidGenerator and model\.rpn_head a FineLevelRPNHead',
        ),
        (
            {'model.rpn_head.anchor_generator.strides': [4, 4, 8, 16, 32, 64]},
            r'rpn_head\.anchor_generator\.strides is .* must be \[',
        ),
        (
            {'model.generator.type': 'NarrowPyramidGenerator'},
            r'generator is a NarrowPyramidGenerator and model\.rpn_head a NarrowRPN',
        ),
    ],
)
def test_parts_of_both_forms_are_refused(sodgan_cfg, options, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(sodgan_cfg(FULL_WIDTH | options).model)
