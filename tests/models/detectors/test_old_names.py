"""Configs and checkpoints of the release before the teacher had its name."""

import re

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.runner import load_checkpoint

from mmdet_sodgan.models import AtrousTeacher, SingleStageSODGAN, Teacher


def in_old_names(state, prefix=''):
    return {
        prefix + re.sub('^teacher.ema.', 'hr_branch.average.', key): value
        for key, value in state.items()
    }


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_checkpoint_of_the_last_release_loads_whole(build_sodgan, tmp_path, prefix):
    model, other = build_sodgan(), build_sodgan()
    for value in model.state_dict().values():
        if value.is_floating_point():
            torch.nn.init.normal_(value)
    state = in_old_names(model.state_dict(), prefix)
    assert any('hr_branch.average.module.neck' in key for key in state)
    path = str(tmp_path / 'old.pth')
    torch.save(dict(state_dict=state, meta={}), path)
    load_checkpoint(other, path, 'cpu', strict=True)
    for key, value in other.state_dict().items():
        torch.testing.assert_close(value, model.state_dict()[key], rtol=0, atol=0)


def test_moving_average_of_the_last_release_loads(build_sodgan):
    # As mmengine's EMAHook has it: the detector is a child.
    parent = torch.nn.ModuleDict(dict(module=build_sodgan()))
    state = {
        'module.' + k: v for k, v in in_old_names(build_sodgan().state_dict()).items()
    }
    assert parent.load_state_dict(state, strict=True) == ([], [])


@pytest.mark.parametrize('kind', [Teacher, AtrousTeacher])
def test_config_of_the_last_release_builds_the_same_with_a_warning(sodgan_cfg, kind):
    old = 'HRBranch' if kind is Teacher else 'AtrousHRBranch'
    cfg = sodgan_cfg().model
    cfg.hr_branch = dict(cfg.pop('teacher'), type=old)
    cfg.roi_head.num_judged_rois = 7
    with pytest.warns(FutureWarning) as warnings:
        model = MODELS.build(cfg)
    said = ' '.join(str(warning.message) for warning in warnings)
    for name in ('hr_branch', old, 'num_judged_rois'):
        assert f"'{name}' is called" in said
    assert isinstance(model.teacher, kind) and model.roi_head.num_sampled_rois == 7


def test_old_name_overrides_what_a_config_inherits(sodgan_cfg):
    cfg = sodgan_cfg({'model.hr_branch': dict(momentum=0.125)}).model
    with pytest.warns(FutureWarning, match="'hr_branch' is called 'teacher'"):
        model = MODELS.build(cfg)
    assert model.teacher.ema.momentum == 0.125


def both(old, new):
    return pytest.raises(ValueError, match=f"'{old}' is the old name of '{new}'")


def test_both_names_of_one_value_are_refused(sodgan_cfg, mtgan_cfg):
    options = dict(num_judged_rois=5, num_sampled_rois=9)
    cfg = sodgan_cfg({f'model.roi_head.{k}': v for k, v in options.items()})
    with both('num_judged_rois', 'num_sampled_rois'), pytest.warns(FutureWarning):
        MODELS.build(cfg.model)
    cfg = mtgan_cfg({'model.max_side': 5.0, 'model.max_small_side': 9.0})
    with both('max_side', 'max_small_side'), pytest.warns(FutureWarning):
        MODELS.build(cfg.model)
    sampler = dict(max_side=5.0, max_small_side=9.0)
    with both('max_side', 'max_small_side'), pytest.warns(FutureWarning):
        SingleStageSODGAN(roi_sampler=sampler)
