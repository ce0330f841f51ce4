import json
import os

import pytest
import torch

from mmdet_sodgan.apps.report import detections, read_work_dir
from mmdet_sodgan.apps.report.detections import find_detections, read_known_detections


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(bbox=[1, 2, 3]), 'as entry 1: give a list of'),
        (dict(image_id=99), 'has detections with image_id 99'),
        (dict(category_id=5), 'has detections with category_id 5'),
    ],
)
def test_other_files_are_refused(truth, found, tmp_path, change, message):
    path = tmp_path / 'found.json'
    path.write_text(json.dumps(found))
    assert read_known_detections(path, truth) == found
    path.write_text(json.dumps([found[0], found[1] | change]))
    with pytest.raises(ValueError, match=message):
        read_known_detections(path, truth)


def test_detections_of_an_earlier_checkpoint_are_not_taken_for_the_last_one(
    work_dir, monkeypatch
):
    folder = work_dir()
    tested = []
    monkeypatch.setattr(
        detections, 'run_test', lambda config, path, out_dir: tested.append(path)
    )
    old, new = folder / 'found.bbox.json', folder / 'epoch_2.pth'
    torch.save(dict(), new)
    os.utime(old, (1, 1))
    run = read_work_dir(folder)
    assert find_detections(run, None, None, test=False) == old and tested == []
    find_detections(run, None, None, test=True)
    assert tested == [new]
    os.utime(new, (1, 1))
    assert find_detections(run, None, None, test=True) == old and tested == [new]
