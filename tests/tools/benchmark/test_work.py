import re

import cv2
import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.deploy.export_onnx import write_onnx
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


def test_training_moves_all_parts_and_the_average(system, setting):
    made = work.Work(system('sodgan'), 'training', (32, 32), 2, 2, setting)
    before = {key: value.clone() for key, value in made.model.named_parameters()}
    for _ in range(2):
        made.run(made.prepare())
    moved = {
        key.split('.')[0]
        for key, value in made.model.named_parameters()
        if not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}
