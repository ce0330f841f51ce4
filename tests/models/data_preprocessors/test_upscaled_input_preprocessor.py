import pytest
import torch
import torch.nn.functional as F

from mmdet_sodgan.models import PairedResolutionPreprocessor, UpscaledInputPreprocessor

NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
MIXED = ((100, 120), (77, 131))


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('r', [2, 4])
def test_input_is_the_paired_lr_image_enlarged(batch, r, training):
    kwargs = dict(NORM, scale_factor=r, pad_size_divisor=32)
    lr = PairedResolutionPreprocessor(**kwargs)(batch(*MIXED), training)['inputs']
    out = UpscaledInputPreprocessor(**kwargs)(batch(*MIXED), training)
    expected = F.interpolate(lr, scale_factor=r, mode='bilinear', align_corners=False)
    torch.testing.assert_close(out['inputs'], expected, rtol=0, atol=0)
    assert 'hr_inputs' not in out


@pytest.mark.parametrize('training', [True, False])
def test_boxes_and_meta_stay_in_the_frame_of_the_enlarged_image(batch, training):
    data = batch(*MIXED)
    before = [
        (s.gt_instances.bboxes.clone(), s.img_shape, s.scale_factor)
        for s in data['data_samples']
    ]
    out = UpscaledInputPreprocessor(**NORM, pad_size_divisor=32)(data, training)
    for sample, (boxes, img_shape, scale) in zip(
        out['data_samples'], before, strict=True
    ):
        torch.testing.assert_close(sample.gt_instances.bboxes, boxes, rtol=0, atol=0)
        assert tuple(sample.img_shape) == tuple(img_shape)
        assert tuple(sample.scale_factor) == tuple(scale)
        assert tuple(sample.batch_input_shape) == tuple(out['inputs'].shape[-2:])


def test_native_mode_enlarges_the_image_and_its_meta(batch):
    data = batch((64, 96))
    plain = PairedResolutionPreprocessor(**NORM, test_mode='native')
    shape = tuple(data['data_samples'][0].img_shape)
    scale = data['data_samples'][0].scale_factor
    expected = F.interpolate(
        plain(batch((64, 96)), False)['inputs'], scale_factor=2, mode='bilinear'
    )
    out = UpscaledInputPreprocessor(**NORM, test_mode='native')(data, False)
    torch.testing.assert_close(out['inputs'], expected, rtol=0, atol=0)
    sample = out['data_samples'][0]
    assert sample.img_shape == tuple(2 * side for side in shape)
    assert sample.scale_factor == tuple(2 * x for x in scale)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('factor', [1.25, 1.5])
def test_input_scale_enlarges_image_boxes_and_meta_by_another_factor(
    batch, factor, training
):
    kwargs = dict(NORM, pad_size_divisor=32)
    lr = PairedResolutionPreprocessor(**kwargs)(batch(*MIXED), training)
    out = UpscaledInputPreprocessor(**kwargs, input_scale=factor)(
        batch(*MIXED), training
    )
    expected = F.interpolate(lr['inputs'], scale_factor=factor, mode='bilinear')
    torch.testing.assert_close(out['inputs'], expected, rtol=0, atol=0)
    for got, small, (height, width) in zip(
        out['data_samples'], lr['data_samples'], MIXED, strict=True
    ):
        assert got.img_shape == (int(factor * height / 2), int(factor * width / 2))
        assert got.batch_input_shape == tuple(expected.shape[-2:])
        expected_scale = [factor * x for x in small.scale_factor]
        assert got.scale_factor == pytest.approx(expected_scale)
        boxes = got.gt_instances.bboxes
        # MMDetection's test pipelines leave them in pixels of the original image.
        factor_of_boxes = factor if training else 1
        torch.testing.assert_close(boxes, factor_of_boxes * small.gt_instances.bboxes)


@pytest.mark.parametrize('factor', [0.5, float('inf'), float('nan')])
def test_input_scale_that_enlarges_nothing_is_refused(factor):
    with pytest.raises(ValueError, match=r'input_scale is .*; it must be at least 1'):
        UpscaledInputPreprocessor(**NORM, input_scale=factor)
