from pathlib import Path

import pytest
from mmengine.config import Config

from mmdet_sodgan.apis.native_test import use_native_test

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.mark.parametrize(
    'path',
    [
        'sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
        'baselines/faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
    ],
)
def test_low_resolution_images_keep_the_object_scale_of_training(path):
    cfg = Config.fromfile(CONFIGS / path)
    use_native_test(cfg)
    assert cfg.model.data_preprocessor.test_mode == 'native'
    resize = [s for s in cfg.test_dataloader.dataset.pipeline if s['type'] == 'Resize']
    assert [tuple(s['scale']) for s in resize] == [(160, 160)]


def test_scale_factor_of_a_pipeline_is_divided_too():
    pipeline = [dict(type='Resize', scale_factor=1.0, keep_ratio=True)]
    cfg = Config(
        dict(
            model=dict(data_preprocessor=dict(type='PairedResolutionPreprocessor')),
            test_dataloader=dict(dataset=dict(pipeline=pipeline)),
        )
    )
    use_native_test(cfg)
    (step,) = cfg.test_dataloader.dataset.pipeline
    assert step == dict(type='Resize', scale_factor=0.5, keep_ratio=True)
