from types import SimpleNamespace

import pytest
import torch
from mmdet.registry import MODELS
from torch import nn
from torch._inductor import config as inductor_config

from mmdet_sodgan.engine.hooks import CompileHook


def compiled(model):
    return [name for name, child in model.named_children() if child._compiled_call_impl]


def test_only_the_named_parts_are_compiled_and_names_stay(sodgan_cfg):
    model = MODELS.build(sodgan_cfg().model)
    names = list(model.state_dict())
    CompileHook(backend='eager').before_run(SimpleNamespace(model=model))
    assert compiled(model) == ['backbone', 'neck', 'generator']
    assert list(model.state_dict()) == names


def test_parts_that_a_baseline_lacks_are_left_out():
    model = nn.ModuleDict(dict(backbone=nn.Conv2d(3, 3, 1), roi_head=nn.Identity()))
    CompileHook(backend='eager').before_run(SimpleNamespace(model=model))
    assert compiled(model) == ['backbone']


def test_a_model_without_any_part_is_refused():
    model = nn.ModuleDict(dict(head=nn.Identity()))
    with pytest.raises(ValueError, match=r'parts is .* but ModuleDict has only'):
        CompileHook().before_run(SimpleNamespace(model=model))


# The default backend needs a C++ compiler on a CPU and three seconds a kernel, so
# it compiles our own part alone; the tracing that comes before is tested on all.
@pytest.mark.parametrize(
    'layout, kwargs',
    [
        (torch.contiguous_format, dict(backend='aot_eager')),
        (torch.channels_last, dict(backend='aot_eager')),
        pytest.param(
            *(torch.channels_last, dict(parts=['generator'])), marks=pytest.mark.slow
        ),
    ],
    ids=['traced', 'traced-channels-last', 'by-default'],
)
def test_compiled_features_and_gradients_equal_eager_ones(sodgan_cfg, layout, kwargs):
    torch.manual_seed(0)
    model = MODELS.build(sodgan_cfg().model).to(memory_format=layout)
    model.init_weights()
    torch.nn.init.normal_(model.generator.mix.weight, std=0.1)
    # Running statistics, so that both passes normalise alike.
    model.eval()
    image = torch.randn(1, 3, 64, 64)
    eager = features_and_gradients(model, image)
    CompileHook(**kwargs).before_run(SimpleNamespace(model=model))
    # Its own processes would have to import torch first.
    with inductor_config.patch(compile_threads=1):
        result = features_and_gradients(model, image)
    assert eager.keys() == result.keys() and any('generator' in key for key in eager)
    for key, expected in eager.items():
        torch.testing.assert_close(
            result[key], expected, rtol=1e-3, atol=1e-4 * max(1, expected.abs().max())
        )


def features_and_gradients(model, image):
    model.zero_grad()
    fine, *others = model.extract_feat(image)
    maps = (fine.dense(), *others)
    sum(level.square().mean() for level in maps).backward()
    found = {f'level {index}': level.detach() for index, level in enumerate(maps)}
    return found | {
        key: value.grad.clone()
        for key, value in model.named_parameters()
        if value.grad is not None
    }
