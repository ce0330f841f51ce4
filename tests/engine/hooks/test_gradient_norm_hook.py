from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from mmdet_sodgan.engine.hooks import GradientNormHook


def test_parts_are_logged_and_add_up_to_the_group(
    build_sodgan, make_batch, sgd_wrappers
):
    model = build_sodgan()
    wrappers = sgd_wrappers(model)
    own = {id(p) for p in model.generator.parameters()}
    seen = []

    def record(optimizer, *_):
        parameters = [p for g in optimizer.param_groups for p in g['params']]
        for part in (True, False):
            grads = [
                p.grad.flatten()
                for p in parameters
                if p.grad is not None and (id(p) in own) is part
            ]
            seen.append(torch.cat(grads).norm().item())

    wrappers['generator'].optimizer.register_step_pre_hook(record)
    runner = SimpleNamespace(model=model, optim_wrapper=wrappers)
    hook = GradientNormHook()
    hook.before_train(runner)
    model.train_step(make_batch(0, 1), wrappers)
    hub = MessageHub.get_current_instance()

    def logged(name):
        return hub.get_scalar(f'train/grad_norm_{name}').current()

    assert [logged('g'), logged('detector')] == pytest.approx(seen, rel=1e-5)
    total = (logged('g') ** 2 + logged('detector') ** 2) ** 0.5
    assert total == pytest.approx(logged('generator'), rel=1e-5)
    assert min(seen) > 0

    hook.after_train(runner)
    before = logged('g')
    model.train_step(make_batch(2, 3), wrappers)
    assert logged('g') == before


def test_model_without_generator_is_refused():
    runner = SimpleNamespace(model=torch.nn.Linear(1, 1))
    with pytest.raises(TypeError, match='needs a detector with a generator .* Linear'):
        GradientNormHook().before_train(runner)
