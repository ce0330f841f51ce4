import numpy as np
import pytest
import torch
import torch.nn as nn

from mmdet_sodgan.models import Teacher


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        x = self.norm(self.conv(x))
        return (x, x[..., ::2, ::2])


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 5, 1)

    def forward(self, feats):
        return tuple(self.conv(x) for x in feats)


@pytest.fixture
def parts():
    return Backbone(), Neck()


def snapshot(module):
    return {k: v.double().numpy().copy() for k, v in module.state_dict().items()}


def move(*parts):
    """Change every parameter and floating-point buffer."""
    for part in parts:
        for x in part.state_dict().values():
            if x.is_floating_point():
                x.add_(torch.rand_like(x))
            else:
                x.add_(7)


def detector_state(backbone, neck):
    state = {f'backbone.{k}': v for k, v in backbone.state_dict().items()}
    return state | {f'neck.{k}': v for k, v in neck.state_dict().items()}


def test_output_is_the_pyramid_of_backbone_and_neck(parts):
    backbone, neck = parts
    branch = Teacher(backbone, neck)
    images = torch.randn(2, 3, 8, 8)
    backbone.eval()
    torch.testing.assert_close(branch(images), neck(backbone(images)))
    torch.testing.assert_close(Teacher(backbone, None)(images), backbone(images))


@pytest.mark.parametrize('frozen', [True, False])
def test_copies_into_the_tensors_that_the_branch_computes_with(parts, frozen):
    """Also after a move to another layout, as to another device."""
    branch = Teacher(*parts, frozen=frozen)
    move(*parts)
    branch.to(memory_format=torch.channels_last)
    for parameter in branch.parameters():
        # What .to(device) does.
        parameter.data = parameter.data.clone()
    branch.update(*parts)
    backbone, neck = parts
    backbone.eval()
    images = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(branch(images), neck(backbone(images)))


def test_frozen_branch_copies_once(parts):
    branch = Teacher(*parts, frozen=True)
    branch.update(*parts)
    before = snapshot(branch.ema.module)
    move(*parts)
    branch.update(*parts)
    for name, value in snapshot(branch.ema.module).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_later_updates_average_parameters_and_buffers(parts):
    parts = [part.double() for part in parts]
    branch = Teacher(*parts, momentum=0.1)
    branch.update(*parts)
    expected = snapshot(branch.ema.module)
    for _ in range(3):
        move(*parts)
        branch.update(*parts)
        for name, value in detector_state(*parts).items():
            if value.is_floating_point():
                expected[name] = 0.9 * expected[name] + 0.1 * value.numpy()
    state = branch.ema.module.state_dict()
    for name, value in expected.items():
        if state[name].is_floating_point():
            np.testing.assert_allclose(state[name].numpy(), value, rtol=1e-12)
    assert {'backbone.norm.running_mean', 'neck.conv.weight'} <= expected.keys()


def test_stays_in_evaluation_mode_without_gradient(parts):
    branch = nn.ModuleList([Teacher(*parts)]).train()[0]
    assert not any(module.training for module in branch.modules())
    assert not any(p.requires_grad for p in branch.parameters())
    before = snapshot(branch)
    levels = branch(torch.randn(2, 3, 8, 8).requires_grad_())
    assert levels and not any(level.requires_grad for level in levels)
    for name, value in snapshot(branch).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


@pytest.mark.parametrize('wrapped', [True, False])
def test_teacher_is_loaded_and_stays(parts, tmp_path, wrapped):
    teacher = Backbone(), Neck()
    # Any detector's checkpoint, heads and all.
    state = detector_state(*teacher) | {'rpn_head.conv.weight': torch.zeros(1)}
    torch.save(dict(state_dict=state) if wrapped else state, tmp_path / 'teacher.pth')
    branch = Teacher(*parts, checkpoint=str(tmp_path / 'teacher.pth'))
    branch.init_weights()
    for _ in range(2):
        branch.update(*parts)
        loaded = branch.ema.module.state_dict()
        for name, value in detector_state(*teacher).items():
            torch.testing.assert_close(loaded[name], value, rtol=0, atol=0)
    assert not any(module.training for module in branch.modules())


def test_teacher_of_another_network_is_refused(parts, tmp_path):
    state = detector_state(*parts)
    del state['neck.conv.bias'], state['backbone.conv.bias']
    path = tmp_path / 'other.pth'
    torch.save(state, path)
    branch = Teacher(*parts, checkpoint=str(path))
    before = snapshot(branch)
    with pytest.raises(
        ValueError, match=r"other\.pth' lacks 2 .*'backbone\.conv\.bias'"
    ):
        branch.init_weights()
    for name, value in snapshot(branch).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_average_resumes_from_the_state_dict(parts):
    branch = Teacher(*parts, momentum=0.1)
    branch.update(*parts)
    move(*parts)
    branch.update(*parts)
    resumed = Teacher(*parts, momentum=0.1)
    resumed.load_state_dict(branch.state_dict())
    move(*parts)
    for each in (branch, resumed):
        each.update(*parts)
    for name, value in snapshot(resumed).items():
        np.testing.assert_array_equal(value, snapshot(branch)[name], err_msg=name)
