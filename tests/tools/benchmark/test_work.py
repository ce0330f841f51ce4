import functools
import re

import cv2
import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.deploy.export_onnx import write_onnx
from mmdet_sodgan.engine.hooks import CompileHook
from tools.benchmark import work


def test_inputs_are_of_the_resolution_that_each_system_is_for(system, setting):
    for name, what, side in (
        ('sodgan', 'inference', 32),
        ('oracle', 'inference', 64),
        ('sodgan', 'training', 64),
        ('oracle', 'training', 64),
    ):
        made = work.Work(system(name), what, (32, 32), 2, 2, setting)
        assert [x.shape for x in made.data['inputs']] == [(3, side, side)] * 2
        boxes = made.data['data_samples'][0].gt_instances.bboxes
        assert 5 <= (boxes[:, 2:] - boxes[:, :2]).min() * 32 / side
        assert boxes.min() >= 0 and boxes.max() <= side


def test_onnxruntime_gets_the_images_of_pytorch(system, setting, tmp_path):
    model, _ = work.build(system('oracle'), setting)
    path = tmp_path / 'oracle.onnx'
    write_onnx(model, path, torch.full((1, 3, 64, 64), 127.0))
    factor, two = work.input_factor(model, 2), setting._replace(threads=2)
    made = work.OnnxWork(path, factor, (32, 32), 2, two)
    made.run(made.prepare())
    plain = work.Work(system('oracle'), 'inference', (32, 32), 2, 2, setting)
    assert made.images[0].shape == (3, 64, 64)
    assert all(map(torch.equal, made.images, plain.data['inputs']))
    threads = made.session.get_session_options().intra_op_num_threads
    assert threads == 2 and torch.get_num_threads() == 1
    model, _ = work.build(system('lr'), setting)
    assert work.input_factor(model, 2) == 1


def test_given_images_take_turns(system, setting, tmp_path):
    paths = [str(tmp_path / f'{grey}.png') for grey in (10, 20, 30)]
    for grey, path in zip((10, 20, 30), paths, strict=True):
        assert cv2.imwrite(path, np.full((50, 75, 3), grey, np.uint8))
    setting = setting._replace(images=tuple(paths))
    made = work.Work(system('oracle'), 'inference', (48, 32), 2, 2, setting)
    greys = []
    for _ in range(2):
        data = made.prepare()
        assert [x.shape for x in data['inputs']] == [(3, 64, 96)] * 2
        greys.append([int(x.float().mean()) for x in data['inputs']])
        made.run(data)
    assert greys == [[10, 20], [30, 10]]


def test_published_parameters_are_those_of_testing(system, setting):
    def size(*parts):
        return sum(p.numel() for part in parts for p in part.parameters())

    model, _ = work.build(system('sodgan'), setting)
    used = (model.backbone, model.neck, model.rpn_head, model.roi_head)
    published = size(*used, model.generator)
    found = work.parameters(model)
    assert found == dict(parameters=published, parameters_training=size(model))
    assert published < size(model)
    model, _ = work.build(system('lr'), setting)
    assert set(work.parameters(model).values()) == {size(model)}


def test_weights_are_read_and_those_of_another_config_refused(
    system, setting, narrow, tmp_path
):
    model, path = MODELS.build(Config.fromfile(narrow['lr']).model), tmp_path / 'lr.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    built, _ = work.build(system('lr')._replace(checkpoint=str(path)), setting)
    for key, value in built.state_dict().items():
        assert torch.equal(value, model.state_dict()[key])
    with pytest.raises(
        SystemExit, match=f'--checkpoints sodgan: {re.escape(str(path))}'
    ):
        work.build(system('sodgan')._replace(checkpoint=str(path)), setting)


def test_inference_drops_what_only_training_needs(system, setting):
    made = work.Work(system('sodgan'), 'inference', (32, 32), 1, 2, setting)
    assert made.model.discriminator is None and made.model.teacher is None
    made.run(made.prepare())


@pytest.mark.parametrize('compiled', [False, True])
def test_training_moves_all_parts_and_the_average(
    system, setting, compiled, monkeypatch
):
    # By default minutes of a C++ compiler; its results are the hook's to test.
    hook = functools.partial(CompileHook, backend='aot_eager')
    monkeypatch.setattr(work, 'CompileHook', hook)
    setting = setting._replace(compiled=compiled)
    made = work.Work(system('sodgan'), 'training', (32, 32), 2, 2, setting)
    before = {key: value.clone() for key, value in made.model.named_parameters()}
    for _ in range(2):
        made.run(made.prepare())
    assert bool(made.model.generator._compiled_call_impl) is compiled
    moved = {
        key.split('.')[0]
        for key, value in made.model.named_parameters()
        if not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}


@pytest.mark.parametrize('what', ['inference', 'training'])
def test_half_precision_and_layout_are_those_asked_for(system, setting, what):
    setting = setting._replace(bf16=True, channels_last=True)
    made = work.Work(system('sodgan'), what, (32, 32), 2, 2, setting)
    conv = made.model.backbone.conv1
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    types = []
    conv.register_forward_hook(
        lambda module, inputs, output: types.append(output.dtype)
    )
    made.run(made.prepare())
    assert set(types) == {torch.bfloat16}


def test_compiled_setting_compiles_what_the_hook_does(system, setting):
    model, _ = work.build(system('sodgan'), setting._replace(compiled=True))
    compiled = {n for n, child in model.named_children() if child._compiled_call_impl}
    assert compiled == {'backbone', 'neck', 'generator'}


def test_pooling_of_a_baseline_gets_contiguous_maps(system, setting):
    """mmcv's RoIAlign reads a channels-last map as if it were contiguous."""
    scores = []
    for layout in (False, True):
        plain = setting._replace(channels_last=layout)
        made = work.Work(system('lr'), 'inference', (48, 48), 1, 2, plain)
        made.model.roi_head.bbox_head.register_forward_hook(
            lambda module, inputs, output: scores.append(output[0])
        )
        made.run(made.prepare())
    torch.testing.assert_close(*scores, rtol=1e-4, atol=1e-5)
