import os

import cv2
import numpy as np
import pytest

from mmdet_sodgan.apis.sources import Video, count_images, find_sources


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with files whose content is never read."""
    monkeypatch.chdir(tmp_path)
    for name in ('a.png', 'B.JPG', 'notes.txt', 'clip.mp4', 'deep/a.png', 'x[1].png'):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_folder_gives_its_images_and_videos_alone(folder):
    found = find_sources([str(folder)])
    assert list(found) == ['B.JPG', 'a.png', 'clip.mp4', 'x[1].png']
    assert found['a.png'] == folder / 'a.png'


def test_pattern_goes_into_folders_and_keeps_names_apart(folder):
    assert list(find_sources(['**/a.png'])) == ['a.png', 'deep/a.png']


def test_file_is_named_without_its_folder_and_may_look_like_a_pattern(folder):
    assert list(find_sources(['deep/a.png'])) == ['a.png']
    assert list(find_sources(['x[1].png'])) == ['x[1].png']


def test_file_that_two_inputs_name_comes_once(folder):
    found = find_sources(['a.png', './a.png', '*.png', str(folder / 'a.png')])
    assert list(found) == ['a.png', 'x[1].png']


@pytest.mark.parametrize('text', ['none.png', '*.bmp', 'empty'])
def test_input_without_a_file_is_named(folder, text):
    (folder / 'empty').mkdir()
    with pytest.raises(ValueError) as caught:
        find_sources(['a.png', text])
    assert str(caught.value).startswith(f'{text} is no file, folder with images ')


def test_frames_are_read_in_order_and_the_file_is_closed(tmp_path, images, write_video):
    path = write_video(tmp_path / 'clip.mp4', images)
    before = len(os.listdir('/proc/self/fd'))
    video = Video(path, 10_000)
    assert (video.fps, video.num_frames, video.size) == (5.0, 3, (96, 64))
    frames = list(video)
    originals = [cv2.imread(str(p)) for p in sorted(images.glob('*.png'))]
    for number, frame in enumerate(frames):
        # The codec loses detail, but each frame is nearest to its own image.
        errors = [np.abs(frame.astype(int) - o).mean() for o in originals]
        assert np.argmin(errors) == number
    assert len(frames) == 3 and len(os.listdir('/proc/self/fd')) == before


def test_images_and_frames_are_counted(tmp_path, images, write_video):
    write_video(tmp_path / 'clip.mp4', images)
    (tmp_path / 'broken.mp4').touch()
    (tmp_path / 'a.png').touch()
    assert count_images(find_sources([str(tmp_path)]), 10_000) == 3 + 1 + 1


def test_video_that_cannot_be_read_or_is_too_large_is_refused(
    tmp_path, images, write_video
):
    (tmp_path / 'broken.mp4').write_text('no video')
    with pytest.raises(ValueError, match='does not know its codec; convert it'):
        Video(tmp_path / 'broken.mp4', 10_000)
    path = write_video(tmp_path / 'clip.mp4', images)
    with pytest.raises(ValueError, match='frames of 96 x 64 pixels, more than the 99 '):
        Video(path, 99)
