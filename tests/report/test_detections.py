import json

import pytest

from mmdet_sodgan.report.detections import read_detections


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(bbox=[1, 2, 3]), r'no detections in COCO format \(ValueError: bbox\)'),
        (dict(image_id=99), 'has detections with image_id 99'),
        (dict(category_id=5), 'has detections with category_id 5'),
    ],
)
def test_other_files_are_refused(truth, found, tmp_path, change, message):
    path = tmp_path / 'found.json'
    path.write_text(json.dumps(found))
    assert read_detections(path, truth) == found
    path.write_text(json.dumps([found[0], found[1] | change]))
    with pytest.raises(ValueError, match=message):
        read_detections(path, truth)
