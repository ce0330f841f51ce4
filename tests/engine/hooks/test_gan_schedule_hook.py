from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper

from mmdet_sodgan.engine.hooks import GANScheduleHook


def test_weights_are_piecewise_linear_in_the_progress():
    hook = GANScheduleHook(
        adversarial=[(0.1, 0.0), (0.3, 1.0), (0.9, 0.5)],
        reconstruction=[(0.0, 2.0), (1.0, 0.0)],
    )
    schedules = [hook.schedule(i, 100) for i in range(100)]
    adversarial = [schedule.adversarial for schedule in schedules]
    expected = (
        [0.0] * 10  # none before the first point
        + [(i - 10) / 20 for i in range(10, 30)]  # ramp
        + [1 - 0.5 * (i - 30) / 60 for i in range(30, 90)]  # decay
        + [0.5] * 10  # the last point's from there on
    )
    assert adversarial == pytest.approx(expected)
    assert [schedule.reconstruction for schedule in schedules] == pytest.approx(
        [2 - 2 * i / 100 for i in range(100)]
    )


def test_discriminator_learns_within_its_span():
    hook = GANScheduleHook(discriminator_span=(0.2, 0.7))
    learns = [hook.schedule(i, 20).discriminator_learns for i in range(20)]
    assert learns == [4 <= i <= 14 for i in range(20)]


def test_discriminator_learns_before_the_default_adversarial_weight_rises():
    hook = GANScheduleHook()
    schedules = [hook.schedule(i, 1000) for i in range(1000)]
    assert [s.discriminator_learns for s in schedules] == [
        i >= 100 for i in range(1000)
    ]
    ramp = [min(max(i - 300, 0) / 100, 1) for i in range(1000)]
    assert [s.adversarial for s in schedules] == pytest.approx(ramp)


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('adversarial', []),
        ('adversarial', [(0.5, 1.0), (0.2, 0.0)]),
        ('adversarial', [(0.0, 1.0), (1.2, 0.0)]),
        ('adversarial', [(0.0, -0.1)]),
        ('reconstruction', [(-0.1, 1.0)]),
        ('discriminator_span', (0.6, 0.5)),
        ('discriminator_span', (0.0, 1.5)),
        ('discriminator_span', (0.5,)),
    ],
)
def test_bad_settings_are_named(key, value):
    with pytest.raises(ValueError, match=f'GANScheduleHook.*{key}') as error:
        GANScheduleHook(**{key: value})
    assert str(value) in str(error.value)


def test_single_optimizer_wrapper_is_named(build_sodgan):
    model = build_sodgan()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    runner = SimpleNamespace(model=model, optim_wrapper=wrapper)
    with pytest.raises(TypeError, match="constructor='GANOptimWrapperConstructor'"):
        GANScheduleHook().before_train(runner)
