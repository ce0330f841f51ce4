import pytest

from mmdet_sodgan.apps.project.detector import own_detector, read_base
from mmdet_sodgan.utils.errors import UserError


@pytest.mark.parametrize(
    'base, fragment, stride',
    [
        ('faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py', 'sodgan_fpn', 4),
        ('mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py', 'sodgan_fpn_mask', 4),
        ('cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco.py', 'sodgan_fpn_cascade', 4),
        ('retinanet/retinanet_r50_fpn_1x_coco.py', 'sodgan_retinanet', 8),
    ],
)
def test_base_takes_the_fragment_of_its_detector(base, fragment, stride):
    detector = read_base(f'mmdet::{base}', 2)
    assert (detector.fragment, detector.finest_stride) == (fragment, stride)
    assert detector.of_mmdet and detector.backbone.url.startswith('https://')


@pytest.mark.parametrize(
    'base, r, reason',
    [
        ('yolox/yolox_s_8xb8-300e_coco.py', 2, 'it is a YOLOX'),
        ('retinanet/retinanet_r50_fpn_1x_coco.py', 4, 'is for FasterRCNN'),
        ('faster_rcnn/faster-rcnn_r50-caffe_c4-1x_coco.py', 2, 'are not FPN and'),
        ('faster_rcnn/faster-rcnn_r50-caffe_fpn_ms-1x_coco.py', 2, 'one Resize'),
    ],
)
def test_base_without_fragment_is_refused_with_the_reason(base, r, reason):
    with pytest.raises(UserError, match=f'is not supported, as .*{reason}'):
        read_base(f'mmdet::{base}', r)


@pytest.mark.parametrize('base', ['none.py', 'mmdet::none/none.py', 'other::a/b.py'])
def test_base_that_cannot_be_read_is_named(base):
    with pytest.raises(UserError, match=f'{base} cannot be read'):
        read_base(base, 2)


def test_base_of_a_file_is_named_by_its_whole_path(tmp_path, monkeypatch):
    (tmp_path / 'mine.py').write_text(
        "_base_ = 'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'\n"
    )
    monkeypatch.chdir(tmp_path)
    assert read_base('mine.py', 2).base == str(tmp_path / 'mine.py')


@pytest.mark.parametrize('form, depth', [('small', 18), ('large', 50)])
def test_form_has_a_backbone_of_its_own(form, depth):
    assert own_detector(form, None).backbone.options['depth'] == depth
    assert own_detector(form, 'mobilenet-v2').backbone.in_channels == (24, 32, 96, 320)
