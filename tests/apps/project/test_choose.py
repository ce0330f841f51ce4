from itertools import pairwise

import numpy as np
import pytest

from mmdet_sodgan.apps.project.choices import Choice
from mmdet_sodgan.apps.project.choose import choose, choose_form
from mmdet_sodgan.apps.project.statistics import Statistics
from mmdet_sodgan.utils.errors import UserError

PRETRAINED = Choice(dict(type='Pretrained'), 'Given.')
SCRATCH = Choice(None, 'None.')


def statistics(number=500, size=(640, 512), sides=(10, 14, 20, 26, 60), most=20):
    sides = np.array(sides, dtype=float)
    return Statistics(
        classes=('nut',),
        image_sizes=np.array([size] * number),
        box_sides=sides,
        box_images=np.arange(len(sides)),
        sides=sides,
        max_objects=most,
        absent=(),
        has_masks=False,
    )


def chosen(train=None, val=None, form='small', init=SCRATCH, gpus=0, stride=4, **wish):
    train = train or statistics()
    return choose(
        train,
        val or train,
        form=Choice(form, ''),
        init_cfg=init,
        num_gpus=gpus,
        finest_stride=stride,
        **wish,
    )


@pytest.mark.parametrize(
    'number, gpus, form', [(100, 8, 'small'), (9000, 0, 'small'), (9000, 1, 'large')]
)
def test_form_follows_images_and_gpus(number, gpus, form):
    assert choose_form(statistics(number), gpus).value == form


def test_images_keep_their_size():
    assert chosen().hr_size == ((640, 512), 'The images have 640 x 512 px.')


def test_large_images_are_shrunk_and_that_is_said():
    choice = chosen(statistics(size=(4000, 3000), sides=[60])).hr_size
    assert choice.value == (640, 480)
    assert 'shrunk to save time, --hr-size 4000 3000 keeps them' in choice.reason


def test_enlarging_is_said():
    choice = chosen(hr_size=(800, 1280)).hr_size
    assert choice.value == (1280, 800)
    assert 'enlarged, which adds no detail' in choice.reason


def test_images_of_several_sizes_are_resized_to_the_median_and_that_is_said():
    train = statistics()
    train.image_sizes[:100] = 320, 256
    choice = chosen(train).hr_size
    assert choice.value == (640, 512)
    assert 'vary' in choice.reason and 'others are resized to it' in choice.reason


def test_object_is_as_large_as_its_own_image_makes_it():
    train = statistics(sides=[10, 20, 20])
    # Shrunk to a quarter.
    train.image_sizes[1:3] = 2560, 2048
    text = chosen(train, scale_factor=2).scale_factor.reason
    assert text.endswith('the median object has 2.5 px.')


@pytest.mark.parametrize('r, size', [(4, (240, 192)), (2, (120, 96))])
def test_objects_that_the_input_cannot_show_are_refused(r, size):
    # Those of 20 px have 1.875 px.
    with pytest.raises(UserError, match=f'has 1.9 px .* --hr-size than {size[0]} '):
        chosen(scale_factor=r, hr_size=size)


def test_objects_of_two_px_at_the_input_are_enough():
    reason = chosen(scale_factor=2, hr_size=(128, 103)).scale_factor.reason
    assert reason.endswith('the median object has 2 px.')


@pytest.mark.parametrize('r, side', [(2, 10), (4, 5)])
def test_scale_factor_tells_the_size_in_the_lr_image(r, side):
    choice = chosen(scale_factor=r).scale_factor
    assert choice.value == r and f'the median object has {side} px' in choice.reason


@pytest.mark.parametrize(
    'sides, hr_size, stride, scale',
    [
        ([20], None, 4, 4),
        ([8], None, 4, 2),
        ([60], None, 4, 8),
        ([20], (320, 256), 4, 2),  # 10 px in the HR image
        ([20], None, 8, 2),
    ],
)
def test_anchors_fit_the_median_object_in_the_hr_image(sides, hr_size, stride, scale):
    found = chosen(statistics(sides=sides), hr_size=hr_size, stride=stride)
    assert found.anchor_scale.value == scale


@pytest.mark.parametrize(
    'train, val, limit', [(20, 30, 100), (101, 9, 200), (9, 450, 500)]
)
def test_all_objects_of_an_image_can_be_detected(train, val, limit):
    assert chosen(statistics(most=train), statistics(most=val)).max_dets.value == limit


@pytest.mark.parametrize('seed', range(5))
def test_every_bucket_holds_objects_of_both_splits(seed):
    rng = np.random.default_rng(seed)
    train = statistics(sides=rng.lognormal(3, 1, 300))
    val = statistics(sides=rng.lognormal(3.5, 0.5, 12))
    edges = chosen(train, val).size_buckets.value
    assert edges[0] == 0 and len(edges) >= 3
    for low, high in pairwise(edges):
        for split in (train, val):
            assert ((split.sides >= low) & (split.sides < high)).any()
    assert max(train.sides.max(), val.sides.max()) < edges[-1]


def test_objects_of_one_size_are_in_one_bucket():
    assert chosen(statistics(sides=[20, 20])).size_buckets.value == [0, 21]


@pytest.mark.parametrize(
    'number, form, init, epochs',
    [
        (60, 'small', SCRATCH, 36),
        (1000, 'small', SCRATCH, 12),
        (600, 'small', SCRATCH, 20),
        (60, 'small', PRETRAINED, 24),
        (118_000, 'large', PRETRAINED, 12),
        (118_000, 'large', SCRATCH, 24),
    ],
)
def test_epochs_follow_images_and_start(number, form, init, epochs):
    found = chosen(statistics(number), form=form, init=init, gpus=1)
    assert found.max_epochs.value == epochs
    assert found.student_epochs.value == epochs // 2


@pytest.mark.parametrize(
    'number, reason',
    [
        (60, 'Random weights and few images: the most epochs that init takes.'),
        (600, 'Random weights need to see about 12,000 images.'),
        (2000, 'Random weights and many images: the fewest epochs that init takes.'),
    ],
)
def test_reason_of_the_epochs_is_the_one_that_decides(number, reason):
    assert chosen(statistics(number)).max_epochs.reason == reason


def test_one_epoch_is_one_for_all():
    found = chosen(epochs=1)
    assert (found.max_epochs.value, found.student_epochs.value) == (1, 1)


@pytest.mark.parametrize('gpus, batch', [(0, 2), (1, 8), (4, 4), (8, 2), (64, 2)])
def test_batch_over_all_gpus_is_near_that_of_the_learning_rate(gpus, batch):
    found = chosen(statistics(9000), form='large', gpus=gpus)
    assert found.batch_size.value == batch
    assert (found.lr.value, found.base_batch_size) == (0.02, 16)


@pytest.mark.parametrize(
    'number, init, batch, lr',
    [(500, SCRATCH, 4, 4e-4), (500, PRETRAINED, 4, 2e-4), (60, SCRATCH, 2, 2.8e-4)],
)
def test_small_form_takes_small_batches_and_rates(number, init, batch, lr):
    found = chosen(statistics(number), init=init)
    assert found.batch_size.value == found.base_batch_size == batch
    assert found.lr.value == pytest.approx(lr)


def test_base_keeps_its_learning_rate():
    assert chosen(form='base').lr.value is None


def test_training_is_short_by_its_iterations():
    assert chosen(statistics(500)).short
    assert not chosen(statistics(118_000), form='large', init=PRETRAINED, gpus=8).short


def test_each_choice_is_a_line_with_its_reason():
    found = chosen()
    lines = list(found.lines())
    assert lines[0].split()[:3] == ['form', '=', 'small']
    assert any('max_dets = 100' in line for line in lines)
    assert len(lines) == len({line.split()[0] for line in lines}) == 11
