import pytest
from mmdet.registry import MODELS

from mmdet_sodgan.deploy.native_model import load_native
from mmdet_sodgan.deploy.support import check_support


@pytest.mark.parametrize(
    ('name', 'found'), [('mtgan', 'SODMTGAN'), ('roi', 'RoISODGAN')]
)
def test_other_detectors_are_refused_by_name(name, found, write_detector):
    model = load_native(*write_detector(name))
    with pytest.raises(ValueError, match=f'^model is a {found}.*SODGAN') as caught:
        check_support(model)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ('options', 'key'),
    [
        ({'model.data_preprocessor.test_mode': 'paired'}, 'test_mode'),
        ({'model.test_cfg.rcnn.nms.type': 'soft_nms'}, 'test_cfg.rcnn.nms'),
        ({'model.test_cfg.rpn.nms_pre': -1}, 'nms_pre'),
        (
            {'model.roi_head.bbox_roi_extractor.type': 'ContextRoIExtractor'},
            'bbox_roi_extractor is a ContextRoIExtractor',
        ),
        (
            {'model.roi_head.bbox_roi_extractor.roi_layer.pool_mode': 'max'},
            'pool_mode',
        ),
    ],
)
def test_part_that_cannot_be_exported_is_named(options, key, sodgan_cfg):
    native = {'model.data_preprocessor.test_mode': 'native'}
    model = MODELS.build(sodgan_cfg(native | options).model)
    with pytest.raises(ValueError, match=key):
        check_support(model)


def test_native_sodgan_is_not_refused(sodgan_cfg):
    options = {'model.data_preprocessor.test_mode': 'native'}
    check_support(MODELS.build(sodgan_cfg(options).model))
