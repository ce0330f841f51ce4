import copy

import numpy as np
import pytest
import torch
from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.structures.bbox import HorizontalBoxes, get_box_tensor
from mmdet.structures.mask import BitmapMasks, PolygonMasks
from mmengine.logging import MessageHub
from mmengine.structures import InstanceData

from mmdet_sodgan.models import PairedResolutionPreprocessor

NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
MIXED = ((100, 120), (77, 131), (128, 96))


def make(**kwargs):
    kwargs = NORM | dict(bgr_to_rgb=True, pad_size_divisor=32) | kwargs
    return PairedResolutionPreprocessor(**kwargs)


@pytest.mark.parametrize('divisor', [1, 32])
@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('training', [True, False])
def test_hr_pad_is_exactly_r_times_the_lr_pad(batch, r, divisor, training):
    preprocessor = make(scale_factor=r, pad_size_divisor=divisor)
    out = preprocessor(batch(*MIXED), training)
    lr = out['inputs']
    assert lr.shape[:2] == (3, 3)
    # The smallest multiples of the divisor that hold all images.
    step = r * divisor
    hr_size = tuple(-(-max(s) // step) * step for s in zip(*MIXED, strict=True))
    assert tuple(lr.shape[-2:]) == tuple(side // r for side in hr_size)
    assert ('hr_inputs' in out) is training
    if training:
        assert tuple(out['hr_inputs'].shape[-2:]) == hr_size


def test_hr_image_is_what_mmdets_preprocessor_gives(batch):
    out = make()(batch(*MIXED), True)
    plain = DetDataPreprocessor(**NORM, bgr_to_rgb=True, pad_size_divisor=64)
    torch.testing.assert_close(
        out['hr_inputs'], plain(batch(*MIXED), True)['inputs'], rtol=0, atol=0
    )


def test_lr_image_is_degraded_in_grey_levels_and_normalised():
    # A linear ramp stays one, sampled at the centres of the LR pixels.
    ramp = torch.arange(0, 128, 2, dtype=torch.uint8).expand(3, 64, 64)
    data = dict(inputs=[ramp], data_samples=None)
    lr = make()(data, False)['inputs'][0]
    mean, std = (torch.tensor(NORM[key]).view(3, 1, 1) for key in ('mean', 'std'))
    grey = (lr * std + mean)[:, :, 4:-4]
    centres = 4 * torch.arange(32.0)[4:-4] + 1
    torch.testing.assert_close(grey, centres.expand(3, 32, 24), rtol=0, atol=1e-3)


def test_works_without_normalisation(batch):
    grey = PairedResolutionPreprocessor()(batch((64, 64)), True)
    normalised = PairedResolutionPreprocessor(**NORM)(batch((64, 64)), True)
    mean, std = (torch.tensor(NORM[key]).view(3, 1, 1) for key in ('mean', 'std'))
    torch.testing.assert_close(
        normalised['inputs'] * std + mean, grey['inputs'], rtol=0, atol=1e-3
    )


@pytest.mark.parametrize('pad_value', [0, 7])
def test_padding_stays_at_its_value(batch, pad_value):
    degradation = dict(noise_std=(5, 5), blur_sigma=(1, 1))
    out = make(pad_value=pad_value, degradation=degradation)(batch(*MIXED), True)
    for lr, hr, sample, (h, w) in zip(
        out['inputs'], out['hr_inputs'], out['data_samples'], MIXED, strict=True
    ):
        lr_h, lr_w = -(-h // 2), -(-w // 2)
        assert sample.img_shape == (lr_h, lr_w)
        for image, bottom, right in ((lr, lr_h, lr_w), (hr, h, w)):
            assert (image[:, bottom:] == pad_value).all()
            assert (image[:, :, right:] == pad_value).all()
            assert (image[:, :bottom, :right] != pad_value).float().mean() > 0.99


@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('use_box_type', [True, False])
@pytest.mark.parametrize('boxtype2tensor', [True, False])
def test_boxes_and_meta_are_divided(batch, r, use_box_type, boxtype2tensor):
    data = batch(*MIXED, use_box_type=use_box_type)
    names = ('gt_instances', 'ignored_instances')
    before = [
        [get_box_tensor(sample.get(name).bboxes).clone() for name in names]
        for sample in data['data_samples']
    ]
    out = make(scale_factor=r, boxtype2tensor=boxtype2tensor)(data, True)
    for sample, boxes, (h, w) in zip(out['data_samples'], before, MIXED, strict=True):
        for name, expected in zip(names, boxes, strict=True):
            found = sample.get(name).bboxes
            wrapped = use_box_type and not boxtype2tensor
            assert isinstance(found, HorizontalBoxes if wrapped else torch.Tensor)
            torch.testing.assert_close(get_box_tensor(found), expected / r)
        assert sample.img_shape == (-(-h // r), -(-w // r))
        assert sample.ori_shape == (h, w)
        assert sample.batch_input_shape == tuple(out['inputs'].shape[-2:])
        # The factors of the pipeline, from original to network input.
        np.testing.assert_allclose(sample.scale_factor, (1.1 / r, 1.2 / r))
        step = r * 32
        pad = tuple(-(-side // step) * 32 for side in (h, w))
        assert sample.pad_shape == pad


@pytest.mark.parametrize('pad_mask', [True, False])
def test_bitmap_masks_are_divided(batch, pad_mask):
    data = batch(*MIXED)
    for sample, (h, w) in zip(data['data_samples'], MIXED, strict=True):
        count = len(sample.gt_instances)
        masks = np.zeros((count, h, w), np.uint8)
        masks[:, 8:24, 20:40] = 1
        sample.gt_instances.masks = BitmapMasks(masks, h, w)
    out = make(pad_mask=pad_mask)(data, True)
    for sample in out['data_samples']:
        masks = sample.gt_instances.masks
        size = tuple(out['inputs'].shape[-2:]) if pad_mask else sample.img_shape
        assert masks.masks.shape == (len(sample.gt_instances), *size)
        expected = np.zeros(size, np.uint8)
        expected[4:12, 10:20] = 1
        for mask in masks.masks:
            np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize('pad_mask', [True, False])
def test_polygon_masks_are_divided(batch, pad_mask):
    data = batch(*MIXED)
    polygon = np.array([20.0, 8, 40, 8, 40, 24, 21, 23])
    for sample, (h, w) in zip(data['data_samples'], MIXED, strict=True):
        polygons = [[polygon.copy()] for _ in range(len(sample.gt_instances))]
        sample.gt_instances.masks = PolygonMasks(polygons, h, w)
    out = make(pad_mask=pad_mask)(data, True)
    for sample in out['data_samples']:
        masks = sample.gt_instances.masks
        size = tuple(out['inputs'].shape[-2:]) if pad_mask else sample.img_shape
        assert (masks.height, masks.width) == size
        assert len(masks) == len(sample.gt_instances)
        for (found,) in masks.masks:
            np.testing.assert_allclose(found, polygon / 2, rtol=1e-12)


def test_semantic_map_is_divided(batch):
    data = batch((128, 96), with_semantic=True)
    whole = data['data_samples'][0].gt_sem_seg.sem_seg.clone()
    sample = make()(data, True)['data_samples'][0]
    assert torch.equal(sample.gt_sem_seg.sem_seg[:, :64, :48], whole[:, ::2, ::2])


def test_native_test_takes_the_image_as_it_is(batch):
    out = make(test_mode='native')(batch(*MIXED), False)
    plain = DetDataPreprocessor(**NORM, bgr_to_rgb=True, pad_size_divisor=32)
    expected = plain(batch(*MIXED), False)
    assert 'hr_inputs' not in out
    torch.testing.assert_close(out['inputs'], expected['inputs'], rtol=0, atol=0)
    for found, wanted in zip(
        out['data_samples'], expected['data_samples'], strict=True
    ):
        for key in ('img_shape', 'pad_shape', 'batch_input_shape', 'ori_shape'):
            assert found.metainfo[key] == wanted.metainfo[key]
        np.testing.assert_array_equal(found.scale_factor, wanted.scale_factor)


def test_native_model_still_trains_on_pairs_after_a_test(batch):
    preprocessor = make(test_mode='native')
    preprocessor(batch((70, 70)), False)
    out = preprocessor(batch((70, 70)), True)
    assert out['hr_inputs'].shape[-1] == 2 * out['inputs'].shape[-1] == 128
    # ... and the other way round.
    assert preprocessor(batch((70, 70)), False)['inputs'].shape[-1] == 96


def test_paired_test_degrades_as_training_does(batch):
    preprocessor = make()
    train, test = (preprocessor(batch(*MIXED), mode) for mode in (True, False))
    assert 'hr_inputs' not in test
    torch.testing.assert_close(train['inputs'], test['inputs'], rtol=0, atol=0)


def test_ground_truth_stays_in_the_frame_of_the_original_at_test_time(batch):
    # MMDetection's test pipelines do not resize it; evaluation reads it.
    out = make()(batch(*MIXED), False)
    for found, given in zip(
        out['data_samples'], batch(*MIXED)['data_samples'], strict=True
    ):
        assert torch.equal(found.gt_instances.bboxes, given.gt_instances.bboxes)


@pytest.mark.parametrize('training', [True, False])
def test_proposals_are_divided(batch, training):
    data = batch((64, 64))
    boxes = torch.tensor([[4.0, 6, 20, 30]])
    data['data_samples'][0].proposals = InstanceData(bboxes=boxes.clone())
    sample = make()(data, training)['data_samples'][0]
    torch.testing.assert_close(sample.proposals.bboxes, boxes / 2)


def test_baseline_gets_no_hr_image(batch):
    out = make(with_hr=False)(batch(*MIXED), True)
    assert out.keys() == {'inputs', 'data_samples'}


def test_collated_tensor_equals_list(batch):
    data = batch((70, 90), (70, 90))
    stacked = dict(
        inputs=torch.stack(data['inputs']),
        data_samples=batch((70, 90), (70, 90))['data_samples'],
    )
    listed, collated = make()(data, True), make()(stacked, True)
    for key in ('inputs', 'hr_inputs'):
        torch.testing.assert_close(collated[key], listed[key])


def test_batch_sync_random_resize_keeps_the_pair_aligned(batch):
    hub = MessageHub.get_instance('test_batch_sync_random_resize')
    hub.update_info('iter', 0)
    resize = dict(
        type='BatchSyncRandomResize',
        random_size_range=(96, 96),
        interval=1,
        size_divisor=32,
    )
    preprocessor = make(batch_augments=[resize])
    sizes = ((128, 128), (110, 128))
    preprocessor(batch(*sizes), True)
    original = batch(*sizes)
    boxes = [s.gt_instances.bboxes.clone() for s in original['data_samples']]
    out = preprocessor(original, True)
    # 128 px became 96, and 96 is padded to the divisor 64 of the HR image.
    assert out['hr_inputs'].shape[-2:] == (128, 128)
    assert out['inputs'].shape[-2:] == (64, 64)
    for sample, box, image in zip(
        out['data_samples'], boxes, out['inputs'], strict=True
    ):
        torch.testing.assert_close(sample.gt_instances.bboxes, box * 0.75 / 2)
        h, w = sample.img_shape
        assert (h, w) == (-(-int(sample.ori_shape[0] * 0.75) // 2), 48)
        assert (image[:, h:] == 0).all() and (image[:, :, w:] == 0).all()
        assert sample.batch_input_shape == (64, 64)


@pytest.mark.parametrize('r', [1, 3, 8])
def test_scale_factor_must_be_2_or_4(r):
    message = rf'data_preprocessor\.scale_factor \(r\) is {r}; .*\(2, 4\)'
    with pytest.raises(ValueError, match=message):
        make(scale_factor=r)


def test_unknown_test_mode_is_named_with_the_choices():
    with pytest.raises(ValueError, match=r"test_mode is 'hr'; .*'paired', 'native'"):
        make(test_mode='hr')


def test_lr_image_does_not_depend_on_the_rest_of_the_batch(batch):
    together = make()(batch(*MIXED), False)['inputs']
    for i, (height, width) in enumerate(MIXED):
        data = batch(*MIXED)
        data = dict(
            inputs=data['inputs'][i : i + 1],
            data_samples=data['data_samples'][i : i + 1],
        )
        alone = make()(data, False)['inputs'][0]
        inside = (slice(None), slice(-(-height // 2)), slice(-(-width // 2)))
        torch.testing.assert_close(together[i][inside], alone[inside], rtol=0, atol=0)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('r', [2, 4])
def test_frame_hr_keeps_boxes_masks_and_meta_and_changes_no_image(batch, r, training):
    kwargs = dict(scale_factor=r, pad_size_divisor=32)
    plain = make(**kwargs)(batch(*MIXED, with_mask=True), training)
    data = batch(*MIXED, with_mask=True)
    before = copy.deepcopy(data['data_samples'])
    out = make(frame='hr', **kwargs)(data, training)
    for key in {'inputs', 'hr_inputs'} & plain.keys():
        torch.testing.assert_close(out[key], plain[key], rtol=0, atol=0)
    size = tuple(r * side for side in out['inputs'].shape[-2:])
    for sample, old in zip(out['data_samples'], before, strict=True):
        boxes = (x.gt_instances.bboxes for x in (sample, old))
        torch.testing.assert_close(*boxes, rtol=0, atol=0)
        assert tuple(sample.img_shape) == tuple(old.img_shape)
        assert tuple(sample.scale_factor) == tuple(old.scale_factor)
        assert sample.batch_input_shape == size
        masks = [x.gt_instances.masks.to_ndarray() for x in (sample, old)]
        np.testing.assert_array_equal(*masks)


def test_frame_hr_multiplies_the_meta_of_a_native_image(batch):
    data = batch((64, 96))
    (sample,) = data['data_samples']
    shape, scale = sample.img_shape, sample.scale_factor
    out = make(frame='hr', test_mode='native', scale_factor=4)(data, False)
    assert out['inputs'].shape == (1, 3, 64, 96)
    (sample,) = out['data_samples']
    for key in ('img_shape', 'pad_shape', 'batch_input_shape'):
        assert sample.get(key) == tuple(4 * side for side in shape[:2])
    assert sample.scale_factor == tuple(4 * x for x in scale)


def test_frame_hr_tells_the_size_after_a_batch_resize(batch):
    hub = MessageHub.get_instance('test_frame_hr_batch_resize')
    hub.update_info('iter', 0)
    resize = dict(
        type='BatchSyncRandomResize',
        random_size_range=(96, 96),
        interval=1,
        size_divisor=32,
    )
    preprocessor = make(frame='hr', batch_augments=[resize])
    preprocessor(batch((128, 128)), True)
    out = preprocessor(batch((128, 128)), True)
    (sample,) = out['data_samples']
    assert sample.batch_input_shape == tuple(out['hr_inputs'].shape[-2:])


def test_unknown_frame_is_named_with_the_choices():
    with pytest.raises(ValueError, match=r"frame is 'sr'; .*'lr', 'hr'"):
        make(frame='sr')
