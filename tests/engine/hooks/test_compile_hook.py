from types import SimpleNamespace

import pytest
import torch
from mmdet.registry import MODELS
from torch import nn

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


@pytest.mark.slow
def test_compiled_features_equal_eager_ones(sodgan_cfg):
    """By the default backend, which needs a C++ compiler on a CPU."""
    torch.manual_seed(0)
    model = MODELS.build(sodgan_cfg().model).eval()
    model.init_weights()
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        eager = model.extract_feat(image)
        CompileHook().before_run(SimpleNamespace(model=model))
        result = model.extract_feat(image)
    for level, expected in zip(result, eager, strict=True):
        torch.testing.assert_close(level, expected, rtol=1e-3, atol=1e-4)
