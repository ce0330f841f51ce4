import os
import random

import pytest
import torch

from mmdet_sodgan.engine.resume import complete_checkpoint
from mmdet_sodgan.engine.resume.complete_checkpoint import (
    find_complete_checkpoint,
    is_complete,
)


@pytest.fixture
def save(tmp_path):
    """Factory of a checkpoint; each is newer than the one before."""
    times = iter(range(10**9, 10**9 + 10))

    def make(name):
        path = tmp_path / name
        torch.save(dict(weight=torch.rand(1000)), path)
        stamp = next(times)
        os.utime(path, (stamp, stamp))
        return path

    return make


def spoil(path, kind):
    data = path.read_bytes()
    middle = len(data) // 2
    spoilt = {
        'truncated': data[:middle],
        'empty': b'',
        # As after a power failure: the length is there, the contents are not.
        'hole': data[:middle] + bytes(len(data) - middle),
        'flipped': data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
    }[kind]
    stat = path.stat()
    path.write_bytes(spoilt)
    os.utime(path, (stat.st_atime, stat.st_mtime))


@pytest.mark.parametrize('kind', ['truncated', 'empty', 'hole', 'flipped'])
def test_spoilt_file_is_not_complete(save, kind):
    path = save('epoch_1.pth')
    assert is_complete(path)
    spoil(path, kind)
    assert not is_complete(path)


def test_no_spoilt_byte_makes_the_check_itself_fail(save):
    path = save('epoch_1.pth')
    whole, rng, spoilt = path.read_bytes(), random.Random(0), 0
    for _ in range(500):
        data = bytearray(whole)
        # Most of them in the directory of the archive, at its end.
        data[-rng.randrange(1, 700)] = rng.randrange(256)
        path.write_bytes(data)
        spoilt += not is_complete(path)
    assert spoilt > 100


def test_missing_file_is_not_complete(tmp_path):
    assert not is_complete(tmp_path / 'epoch_1.pth')


def test_last_checkpoint_decides_where_it_is_complete(save, tmp_path):
    first = save('epoch_1.pth')
    save('epoch_2.pth')
    (tmp_path / 'last_checkpoint').write_text(str(first))
    assert find_complete_checkpoint(tmp_path) == first


def test_checkpoint_that_last_checkpoint_could_not_name_any_more_is_found(
    save, tmp_path
):
    first, pointer = save('epoch_9.pth'), tmp_path / 'last_checkpoint'
    pointer.write_text(str(first))
    os.utime(pointer, (10**9 + 0.5, 10**9 + 0.5))
    second = save('epoch_10.pth')
    # Written later as well, but of an earlier step.
    save('epoch_2.pth')
    assert find_complete_checkpoint(tmp_path) == second
    spoil(second, 'truncated')
    assert find_complete_checkpoint(tmp_path) == first


def test_last_checkpoint_is_found_in_a_folder_that_was_moved(save, tmp_path):
    first = save('epoch_1.pth')
    save('epoch_2.pth')
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/run/epoch_1.pth')
    assert find_complete_checkpoint(tmp_path) == first


@pytest.mark.parametrize('pointer', ['names a spoilt file', 'is empty', 'is missing'])
def test_newest_complete_checkpoint_takes_the_place(
    save, tmp_path, pointer, monkeypatch
):
    save('epoch_1.pth')
    expected = save('preempted.pth')
    spoilt = save('epoch_2.pth')
    spoil(spoilt, 'truncated')
    # Weights alone, from which nothing can be resumed.
    save('best_coco_bbox_mAP_epoch_1.pth')
    if pointer != 'is missing':
        text = str(spoilt) if pointer == 'names a spoilt file' else ''
        (tmp_path / 'last_checkpoint').write_text(text)
    # Not from the output: the logger of an earlier test writes to that one's.
    told = []
    monkeypatch.setattr(
        complete_checkpoint, 'print_log', lambda text, **kwargs: told.append(text)
    )
    assert find_complete_checkpoint(tmp_path) == expected
    assert any(text.startswith(f'{spoilt} is missing or incomplete') for text in told)


def test_folder_without_a_complete_checkpoint_has_none(save, tmp_path):
    assert find_complete_checkpoint(tmp_path) is None
    spoil(save('epoch_1.pth'), 'empty')
    assert find_complete_checkpoint(tmp_path) is None
