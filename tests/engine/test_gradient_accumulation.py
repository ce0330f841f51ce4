import copy
from types import SimpleNamespace

import pytest
import torch

from mmdet_sodgan.engine.hooks import GANScheduleHook, TeacherHook
from mmdet_sodgan.structures import GANSchedule


@pytest.fixture
def model(build_sodgan, joinable):
    """A model whose losses add up over iterations, too."""
    options = {
        # Its power iteration changes D between iterations.
        'model.discriminator.spectral_norm': False,
        # Relative to the power of the target in the batch at hand.
        'model.composite_loss.mse.relative': False,
    }
    return build_sodgan(joinable | options)


def _gradients(model, wrappers, batches):
    """Gradient of each group at its optimizer's step, one dict a step."""
    steps = {name: [] for name in wrappers.keys()}
    for name, wrapper in wrappers.items():
        wrapper.optimizer.register_step_pre_hook(
            lambda optimizer, *_, name=name: steps[name].append(
                torch.cat(
                    [
                        parameter.grad.flatten().clone()
                        for group in optimizer.param_groups
                        for parameter in group['params']
                    ]
                )
            )
        )
    for data in batches:
        model.train_step(data, wrappers)
    return steps


@pytest.mark.parametrize('accumulation', [1, 2, 3])
def test_accumulated_gradient_equals_that_of_the_joined_batch(
    model, make_batch, sgd_wrappers, accumulation
):
    # G's adversarial losses see the D of their own iteration, which is not the
    # same D in the two cases: they do not add up.
    model.gan_schedule = GANSchedule(adversarial=0.0)
    seeds = range(accumulation)
    results = []
    for batches, count in (
        ([make_batch(*seeds)], 1),
        ([make_batch(seed) for seed in seeds], accumulation),
    ):
        copied = copy.deepcopy(model)
        wrappers = sgd_wrappers(copied, accumulation=count)
        results.append(_gradients(copied, wrappers, batches))
    for name in ('generator', 'discriminator'):
        (joined,), (accumulated,) = (result[name] for result in results)
        assert joined.norm() > 0.1
        assert (accumulated - joined).norm() < 1e-5 * joined.norm()


def _runner(model, wrappers, iteration, max_iters):
    return SimpleNamespace(
        model=model,
        optim_wrapper=wrappers,
        iter=iteration,
        max_iters=max_iters,
        hooks=[TeacherHook()],
    )


def _train(model, wrappers, hook, make_batch, iterations, max_iters):
    """Train over ``iterations``; the iterations in which each group stepped."""
    runner = _runner(model, wrappers, iterations[0], max_iters)
    hook.before_train(runner)
    stepped = {name: [] for name in wrappers.keys()}
    for name, wrapper in wrappers.items():
        wrapper.optimizer.register_step_post_hook(
            lambda *_, name=name: stepped[name].append(runner.iter)
        )
    for runner.iter in iterations:
        hook.before_train_iter(runner, runner.iter)
        model.train_step(make_batch(runner.iter), wrappers)
    return stepped


@pytest.mark.parametrize(
    ('accumulation', 'generator', 'discriminator'),
    [
        (1, [0, 1, 2, 3, 4, 5, 6], [3, 4, 5, 6]),
        (2, [1, 3, 5, 6], [4, 6]),
        (3, [2, 5, 6], [5, 6]),
    ],
)
def test_each_group_counts_its_own_updates_and_keeps_the_incomplete_last_one(
    model, make_batch, sgd_wrappers, accumulation, generator, discriminator
):
    hook = GANScheduleHook(discriminator_span=(0.4, 1))
    wrappers = sgd_wrappers(model, accumulation=accumulation)
    stepped = _train(model, wrappers, hook, make_batch, range(7), max_iters=7)
    assert stepped == dict(generator=generator, discriminator=discriminator)


def test_counts_continue_after_resume(model, make_batch, sgd_wrappers):
    hook = GANScheduleHook(discriminator_span=(0.4, 1))
    wrappers = sgd_wrappers(model, accumulation=2)
    stepped = _train(model, wrappers, hook, make_batch, range(4, 7), max_iters=7)
    assert stepped == dict(generator=[5, 6], discriminator=[4, 6])


def test_incomplete_last_group_is_averaged_over_its_own_size(
    model, make_batch, sgd_wrappers
):
    """With 4 iterations and 3 counts the last update is that of one batch."""
    hook = GANScheduleHook(adversarial=[(0, 0)], discriminator_span=(0, 1))
    single = copy.deepcopy(model)
    wrappers = sgd_wrappers(model, accumulation=3)
    hook.before_train(_runner(model, wrappers, 3, 4))
    model.gan_schedule = single.gan_schedule = hook.schedule(3, 4)
    steps = _gradients(model, wrappers, [make_batch(3)])
    expected = _gradients(single, sgd_wrappers(single), [make_batch(3)])
    for name in ('generator', 'discriminator'):
        torch.testing.assert_close(steps[name], expected[name], rtol=1e-6, atol=1e-7)
