import cv2
import numpy as np
import pytest
import torch
from mmdet.apis import inference_detector, init_detector
from mmengine.config import Config
from PIL import Image

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.native_test import use_native_test
from mmdet_sodgan.utils.errors import MissingCheckpointError


def expected(config, checkpoint, path):
    """What mmdet's own functions find."""
    model = init_detector(config, str(checkpoint), device='cpu')
    return inference_detector(model, str(path)).pred_instances


def assert_same(found, other):
    assert len(found) == len(other) > 0
    torch.testing.assert_close(found.bboxes, other.bboxes)
    torch.testing.assert_close(found.scores, other.scores)
    assert found.labels.tolist() == other.labels.tolist()


def test_file_is_predicted_as_by_mmdet(predictor, detector, images):
    path = images / '000001.png'
    found = predictor(path)
    assert found.ori_shape == (64, 96)
    config, checkpoint = detector
    other = expected(Config.fromfile(config), checkpoint, path)
    assert_same(found.pred_instances, other)


def test_array_is_predicted_as_its_file(predictor, images):
    path = images / '000001.png'
    found = predictor(cv2.imread(str(path))).pred_instances
    assert_same(found, predictor(path).pred_instances)


def test_native_input_is_not_degraded_first(detector, predictor, images):
    config, checkpoint = detector
    path = images / '000000.png'
    found = Predictor(config, checkpoint, device='cpu', native=True)(path)
    cfg = Config.fromfile(config)
    use_native_test(cfg)
    assert_same(found.pred_instances, expected(cfg, checkpoint, path))
    scores = predictor(path).pred_instances.scores
    assert found.pred_instances.scores.tolist() != scores.tolist()


def test_options_are_laid_over_the_config(detector, images):
    options = {'model.test_cfg.rcnn.max_per_img': 3}
    predictor = Predictor(*detector, device='cpu', cfg_options=options)
    assert len(predictor(images / '000000.png').pred_instances) == 3


def test_config_that_is_given_is_left_as_it_is(detector):
    config, checkpoint = detector
    cfg = Config.fromfile(config)
    options = {'model.test_cfg.rcnn.max_per_img': 3}
    Predictor(cfg, checkpoint, device='cpu', native=True, cfg_options=options)
    assert cfg.to_dict() == Config.fromfile(config).to_dict()


def test_bad_images_leave_the_others_of_their_batch(
    predictor, images, tmp_path, bomb, noise
):
    text = tmp_path / 'text.png'
    text.write_text('no image')
    good = images / '000001.png'
    asked = dict(text=text, good=good, bomb=bomb, thin=noise(1, 3000), last=good)
    results = list(predictor.stream(asked.items(), batch_size=4))
    assert [result.name for result in results] == list(asked)
    errors = {result.name: result.error for result in results if result.error}
    assert errors.keys() == {'text', 'bomb', 'thin'}
    assert errors['text'] == f'{text} cannot be read: it is not an image.'
    assert 'has 40000 x 30000 pixels, more than the 10,000' in errors['bomb']
    assert errors['thin'].startswith('thin of 3000 x 1 pixels cannot be resized: ')
    alone = predictor(good).pred_instances
    for number in (1, 4):
        assert_same(results[number].sample.pred_instances, alone)
        assert (results[number].image == cv2.imread(str(good))).all()


def test_images_come_as_soon_as_their_batch_is_done(predictor, images):
    taken = []

    def asked():
        for number in range(5):
            taken.append(number)
            yield str(number), images / '000000.png'

    stream = predictor.stream(asked(), batch_size=2)
    assert next(stream).name == '0' and taken == [0, 1]
    assert [result.name for result in stream] == ['1', '2', '3', '4']


def test_image_without_pixel_data_is_refused(predictor, images, tmp_path):
    content = (images / '000000.png').read_bytes()
    path = tmp_path / 'half.png'
    path.write_bytes(content[:60])
    with pytest.raises(ValueError, match='half.png cannot be read: ') as caught:
        predictor(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ('dtype', 'mode'), [(np.uint16, 'I;16'), (np.int32, 'I'), (np.float32, 'F')]
)
def test_image_that_would_become_white_is_refused_as_in_training(
    predictor, tmp_path, monkeypatch, dtype, mode
):
    path = tmp_path / 'deep.tif'
    Image.fromarray(np.full((64, 96), 2000, dtype)).save(path)
    with pytest.raises(ValueError, match='more than 8 bits') as caught:
        predictor(path)
    assert str(caught.value) == (
        f'{path} has pixels of more than 8 bits (mode {mode}), which the loader would '
        'cut off at 255: convert it to 8 bits.'
    )
    # As OpenCV loads it.
    monkeypatch.setattr(predictor._from_file, 'imdecode_backend', 'cv2')
    with pytest.raises(ValueError, match='7 of 255' if mode == 'I;16' else '32 bits'):
        predictor(path)


def test_boxes_above_the_threshold_are_drawn(predictor, images):
    path = images / '000001.png'
    image, sample = predictor.load(path), predictor(path)
    before = image.copy()
    plain = predictor.draw(image, sample, score_thr=1)
    assert plain.dtype == np.uint8 and (plain == image).all()
    sample.pred_instances = sample.pred_instances[:1]
    picture = predictor.draw(image, sample, score_thr=0)
    assert picture.shape == image.shape and (picture != image).any()
    assert (image == before).all()


def test_masks_are_drawn(predictor, images):
    image = predictor.load(images / '000001.png')
    sample = predictor(images / '000001.png')
    sample.pred_instances = sample.pred_instances[:1]
    boxes = predictor.draw(image, sample, score_thr=0)
    mask = torch.zeros(1, *image.shape[:2], dtype=torch.bool)
    mask[:, -5:, -5:] = True
    sample.pred_instances.masks = mask
    changed = (predictor.draw(image, sample, score_thr=0) != boxes).any(2)
    assert changed[-5:, -5:].any() and changed.sum() <= 25


def test_what_is_missing_is_named(detector, tmp_path):
    config, checkpoint = detector
    with pytest.raises(ValueError, match='There is no config none.py: '):
        Predictor('none.py', checkpoint)
    with pytest.raises(MissingCheckpointError, match='no checkpoint file none.pth'):
        Predictor(config, 'none.pth')


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is CUDA')
@pytest.mark.parametrize('device', ['cuda:1', 'gpu'])
def test_device_that_is_not_there_is_refused(detector, device):
    with pytest.raises(ValueError, match=f'There is no device {device}: choose cpu.'):
        Predictor(*detector, device=device)


@pytest.mark.parametrize(
    'image', [np.zeros((8, 9), np.uint8), np.zeros((8, 9, 3)), np.zeros((8, 9, 4))]
)
def test_array_that_is_no_image_is_refused(predictor, image):
    with pytest.raises(ValueError, match=r'image is .* of shape \(8, 9.*must be uint8'):
        predictor(image)


def test_batch_without_images_is_refused(predictor, images):
    with pytest.raises(ValueError, match='batch_size is 0, must be at least 1'):
        next(predictor.stream([('a', images / '000000.png')], batch_size=0))


def test_image_that_the_detector_fails_at_leaves_the_others(
    detector, images, noise, monkeypatch
):
    predictor = Predictor(*detector, device='cpu')
    forward = predictor.inferencer.forward

    def scarce(data):
        if any(sample.ori_shape[0] > 200 for sample in data['data_samples']):
            raise RuntimeError('not enough\nmemory')
        return forward(data)

    monkeypatch.setattr(predictor.inferencer, 'forward', scarce)
    items = [('a', noise(64, 64)), ('b', noise(256, 64)), ('c', noise(64, 64))]
    first, failed, last = predictor.stream(items, batch_size=3)
    assert failed.error == 'b failed: not enough memory.' and failed.sample is None
    for done in (first, last):
        assert done.error is None and len(done.sample.pred_instances) > 0
