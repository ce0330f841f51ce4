import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from mmdet_sodgan.deploy import export_onnx as module
from mmdet_sodgan.deploy.export_onnx import (
    OUTPUTS,
    DisagreementError,
    compare_onnx,
    detect,
    export_onnx,
    open_session,
    to_tensor,
)
from mmdet_sodgan.deploy.native_model import load_native, make_images, read_images

DEEPPCB = Path(__file__).parents[3] / 'shared' / 'data' / 'deeppcb' / 'PCBData'


def batches(images):
    """One image, and three of another size."""
    yield images[:1]
    cut = images[1][:65, :90]
    yield [cut, cut[:, ::-1], cut[::-1]]


@pytest.mark.parametrize('name', ['plain', 'sodgan', 'r50', 'image', 'distilled'])
def test_onnxruntime_finds_what_mmdet_finds_at_any_size_and_batch(
    name, exported, images
):
    model, path = exported(name)
    found = compare_onnx(model, path, batches(images))
    assert found.count > 100 and found.unmatched == 0


@pytest.mark.skipif(not DEEPPCB.is_dir(), reason='DeepPCB is not in ../shared')
@pytest.mark.parametrize('name', ['plain', 'sodgan'])
def test_onnxruntime_finds_what_mmdet_finds_on_deeppcb(name, exported):
    model, path = exported(name)
    files = sorted(DEEPPCB.glob('*/*/*_test.*'))[:2]
    rng = np.random.default_rng(0)
    # The boards are of one grey over wide areas, where the scores of an untrained
    # detector are equal but for rounding, which then chooses among the anchors.
    loaded = [
        np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8)
        for image in read_images(files, model.cfg)
    ]
    found = compare_onnx(model, path, [loaded[:1], loaded])
    assert found.count > 50 and found.unmatched == 0


def test_images_of_a_batch_do_not_see_each_other(exported, images):
    _, path = exported('sodgan')
    session = open_session(path)
    whole = session.run(OUTPUTS, dict(images=to_tensor(images).numpy()))
    for i, image in enumerate(images):
        alone = session.run(OUTPUTS, dict(images=to_tensor([image]).numpy()))
        count = alone[2].shape[1]
        assert count > 0 and (whole[2][i, count:] == -1).all()
        np.testing.assert_allclose(whole[0][i, :count], alone[0][0], atol=1e-3)


def test_image_without_detections_gives_an_empty_list(exported, tmp_path, images):
    model, _ = exported('plain')
    cfg = model.roi_head.test_cfg
    before, cfg.score_thr = cfg.score_thr, 0.9999
    try:
        module.write_onnx(model, tmp_path / 'empty.onnx', to_tensor(images))
    finally:
        cfg.score_thr = before
    session = open_session(tmp_path / 'empty.onnx')
    shapes = [
        x.shape for x in session.run(OUTPUTS, dict(images=to_tensor(images).numpy()))
    ]
    assert shapes == [(2, 0, 4), (2, 0), (2, 0)]


def test_parts_of_the_training_are_not_in_the_file(exported):
    model, path = exported('sodgan')
    assert model.discriminator is not None and model.teacher is not None
    needed = training = 0
    for name, value in model.named_parameters():
        if name.startswith(('discriminator.', 'teacher.')):
            training += value.numel()
        else:
            needed += value.numel()
    # In float32. (Residual branches start at zero, and equal weights are there once.)
    in_file = path.stat().st_size / 4
    assert 0.7 * needed < in_file < 1.05 * needed
    assert training > 0.8 * needed


def test_file_says_how_to_use_it(exported):
    _, path = exported('sodgan')
    said = {x.key: x.value for x in onnx.load(path).metadata_props}
    assert json.loads(said['classes']) == list('abcdef')
    assert 'RGB' in said['images'] and said['detector'] == 'SODGAN'
    # Half of the 256 px of the config: the image of low resolution.
    assert json.loads(said['resize'])['scale'] == [128, 128]


def test_file_that_disagrees_is_not_left(exported, tmp_path, images, monkeypatch):
    def shifted(*args):
        return [(boxes + 0.6, *rest) for boxes, *rest in detect(*args)]

    monkeypatch.setattr(module, 'detect', shifted)
    with pytest.raises(DisagreementError, match='disagree'):
        export_onnx(exported('plain')[0], tmp_path / 'model.onnx', images[:1])
    assert not list(tmp_path.iterdir())


def test_detector_that_finds_nothing_was_not_compared(write_detector, tmp_path, images):
    files = write_detector('plain', {'model.test_cfg.rcnn.score_thr': 0.9999})
    with pytest.raises(DisagreementError, match='give images'):
        export_onnx(load_native(*files), tmp_path / 'model.onnx', images[:1])
    assert not list(tmp_path.iterdir())


def test_model_is_as_it_was(exported):
    model, _ = exported('sodgan')
    assert not any(part.training for part in model.modules())


def test_made_images_have_the_size_of_the_test(exported):
    model, _ = exported('sodgan')
    assert [x.shape for x in make_images(model.cfg)] == 2 * [(128, 128, 3)]


def test_missing_image_is_named(exported):
    with pytest.raises(ValueError, match='none.png cannot be read: No such file'):
        read_images(['none.png'], exported('plain')[0].cfg)


def test_images_become_rgb(images):
    batch = to_tensor(images)
    assert batch.shape == (2, 3, 96, 112) and batch.dtype == torch.float32
    assert (batch[0, 0].numpy() == images[0][..., 2]).all()
