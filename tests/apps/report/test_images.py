import base64
import functools
import io

import numpy as np
import pytest
from PIL import Image

from mmdet_sodgan.apps.report import images, read_work_dir
from mmdet_sodgan.apps.report.ground_truth import read_ground_truth
from mmdet_sodgan.apps.report.images import COLOURS, choose, draw, score_images


def test_score_is_f1_of_the_confident_detections(truth, found):
    scored = score_images(truth, found)
    # Image 2: of 4 objects one is found, and 4 of 5 detections are false.
    assert [(x.image_id, x.score) for x in scored] == [
        (1, 1.0),
        (2, pytest.approx(2 / (2 + 4 + 3))),
        (3, 0.0),
    ]
    assert [len(part) for part in (scored[1].found, scored[1].false)] == [1, 4]
    # Of the two detections on image 3 only one is confident.
    assert scored[2].false == [[20, 20, 10, 10]]
    assert len(score_images(truth, found, 0.5)) == 2  # image 3 has no score


def test_two_detections_take_the_two_objects_that_both_overlap(truth):
    box = dict(image_id=3, category_id=1, area=100.0)
    truth.annotations = [
        dict(box, bbox=[0, 0, 10, 10]),
        dict(box, bbox=[2, 0, 10, 10]),
    ]
    # Each has its highest IoU with the second object.
    found = [dict(box, bbox=[2, 0, 10, 10], score=s) for s in (0.9, 0.8)]
    (scored,) = score_images(truth, found)
    assert (scored.score, scored.missed) == (1.0, [])


def test_no_image_is_both_best_and_worst(truth, found):
    scored = score_images(truth, found)
    best, worst = choose(scored, 4)
    assert [x.image_id for x in best] == [1] and [x.image_id for x in worst] == [3]


@pytest.mark.parametrize('side', [50, 200])
def test_picture_is_scaled_with_its_boxes(truth, found, side):
    scored = next(x for x in score_images(truth, found) if x.image_id == 1)
    data = draw(truth, scored, side).removeprefix('data:image/jpeg;base64,')
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))), float)
    assert image.shape == (side, side, 3)
    near = np.abs(image - COLOURS['found']).max(2) < 60
    rows, columns = np.nonzero(near)
    # Of boxes at (10, 10) and (50, 50) to (90, 90) of 100 px.
    scale = side / 100
    assert rows.min() == pytest.approx(10 * scale, abs=2)
    assert columns.max() == pytest.approx(90 * scale, abs=2)


def test_picture_is_turned_like_its_boxes(truth, found):
    scored = next(x for x in score_images(truth, found) if x.image_id == 1)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = truth.image_dir / scored.file_name
    Image.new('RGB', (100, 50)).save(path, exif=exif)
    data = draw(truth, scored, 100).removeprefix('data:image/jpeg;base64,')
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (50, 100)


def test_image_outside_of_the_folder_is_not_read(truth, work_dir):
    truth.images[1]['file_name'] = '../../secret.png'
    run = read_work_dir(work_dir())
    with pytest.raises(ValueError, match='secret.png.* outside of the image folder'):
        read_ground_truth(run.config)


def test_image_of_too_many_pixels_is_not_decoded(truth, found, monkeypatch):
    scored = next(x for x in score_images(truth, found) if x.image_id == 1)
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 10)  # Pillow's plays no part
    draw(truth, scored)
    check = functools.partial(images.check_image_size, max_pixels=9999)
    monkeypatch.setattr(images, 'check_image_size', check)
    with pytest.raises(ValueError, match='100 x 100 pixels, more than the 9,999'):
        draw(truth, scored)
