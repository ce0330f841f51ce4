from pathlib import Path

from mmengine.config import Config

from mmdet_sodgan.apps.report.configuration import differences, find_default

CONFIGS = Path(__file__).parents[3] / 'configs'


def test_differences_are_leaves_with_their_keys():
    before = Config(dict(a=dict(b=1, c=(1, 2)), hooks=[dict(type='X'), dict(k=1)]))
    after = Config(
        dict(a=dict(b=2, c=[1, 2]), hooks=[dict(type='X')], new='y', work_dir='z')
    )
    assert differences(before, after) == [
        ('a.b', '1', '2'),
        ('hooks.1.k', '1', ''),
        ('new', '', "'y'"),
    ]


def test_default_is_the_config_of_the_zoo_with_that_name():
    name = 'sodgan-faster-rcnn_r50_fpn_1x_coco.py'
    assert find_default(name).read_text() == (CONFIGS / 'sodgan' / name).read_text()
    assert find_default('my_config.py') is None
