import json
from pathlib import Path

import cv2
import pytest
import torch
from mmdet.apis import inference_detector, init_detector
from mmengine.config import Config

from mmdet_sodgan.datasets.synthetic import PATTERNS, generate
from mmdet_sodgan.utils.native_test import use_native_test

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
SODGAN = CONFIGS / 'sodgan' / 'sodgan-faster-rcnn_r18_fpn_small_synthetic.py'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Weights as they are drawn, and an image of 96 x 64 px in ``images``."""
    folder = tmp_path_factory.mktemp('image_demo')
    torch.manual_seed(0)
    model = init_detector(str(SODGAN), device='cpu')
    meta = dict(dataset_meta=dict(classes=tuple(PATTERNS)[:6]))
    weights = dict(state_dict=model.state_dict(), meta=meta)
    torch.save(weights, folder / 'weights.pth')
    generate(folder / 'set', num_train=1, num_val=1, image_size=(96, 64))
    (folder / 'set' / 'val').rename(folder / 'images')
    return folder


def detect(tool, folder, inputs, *options, name):
    """Run the tool.

    Returns:
        tuple[dict, ndarray]: Predictions and picture of the one image.
    """
    out_dir = folder / name
    weights = folder / 'weights.pth'
    arguments = [inputs, SODGAN, weights, '--out-dir', out_dir, *options]
    tool('image_demo.py').main([str(argument) for argument in arguments])
    (predictions,) = (out_dir / 'preds').glob('*.json')
    (picture,) = (out_dir / 'vis').iterdir()
    return json.loads(predictions.read_text()), cv2.imread(str(picture))


def check(predictions):
    """Boxes lie in the image of 96 x 64 px, labels and scores in their ranges."""
    boxes = torch.tensor(predictions['bboxes'])
    assert len(boxes) == len(predictions['scores']) == len(predictions['labels']) > 0
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] > boxes[:, :2]).all()
    assert (boxes[:, 2] <= 96).all() and (boxes[:, 3] <= 64).all()
    assert set(predictions['labels']) <= set(range(6))
    assert all(0 < score <= 1 for score in predictions['scores'])


@pytest.mark.slow
def test_picture_and_boxes_in_the_frame_of_the_image_are_written(tool, folder):
    (image,) = (folder / 'images').iterdir()
    predictions, picture = detect(tool, folder, image, '--score-thr', '0', name='drawn')
    check(predictions)
    original = cv2.imread(str(image))
    assert picture.shape == original.shape == (64, 96, 3)
    changed = (picture != original).any(axis=2).mean()
    _, plain = detect(tool, folder, image, '--score-thr', '1', name='plain')
    assert changed > 0 and (plain == original).all()


@pytest.mark.slow
def test_native_input_of_a_folder_is_not_degraded_first(tool, folder):
    degraded, _ = detect(tool, folder, folder / 'images', name='degraded')
    native, _ = detect(tool, folder, folder / 'images', '--native', name='native')
    check(native)
    assert native['scores'] != degraded['scores']
    config = Config.fromfile(SODGAN)
    use_native_test(config)
    model = init_detector(config, str(folder / 'weights.pth'), device='cpu')
    (image,) = (folder / 'images').iterdir()
    expected = inference_detector(model, str(image)).pred_instances
    assert native['labels'] == expected.labels.tolist()
    torch.testing.assert_close(torch.tensor(native['bboxes']), expected.bboxes)


def test_native_mode_of_a_plain_detector_is_refused_in_one_sentence(tool, folder):
    config = folder / 'plain.py'
    config.write_text("_base_ = 'mmdet::_base_/models/faster-rcnn_r50_fpn.py'")
    arguments = [folder / 'images', config, folder / 'weights.pth', '--native']
    arguments += ['--out-dir', folder / 'refused']
    with pytest.raises(SystemExit, match='--native: .*data_preprocessor') as caught:
        tool('image_demo.py').main([str(argument) for argument in arguments])
    assert len(caught.value.code.splitlines()) == 1


def test_missing_image_is_named(tool, folder, capsys):
    with pytest.raises(SystemExit):
        tool('image_demo.py').main(['none.png', str(SODGAN), 'weights.pth'])
    assert 'there is no none.png' in capsys.readouterr().err
