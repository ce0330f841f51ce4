import csv
import json
import shutil

import cv2
import pytest

from mmdet_sodgan.apis.predict_files import predict_files
from mmdet_sodgan.apis.sources import Video, find_sources


@pytest.fixture
def folder(tmp_path, images, write_video):
    """Three images of 96 x 64 px, one in another format, a text and two videos."""
    folder = shutil.copytree(images, tmp_path / 'in')
    cv2.imwrite(str(folder / 'z.bmp'), cv2.imread(str(folder / '000002.png')))
    (folder / '000002.png').write_text('no image')
    write_video(folder / 'clip.mp4', images.parent / 'images')
    (folder / 'broken.mp4').write_text('no video')
    return folder


def read(path):
    return json.loads(path.read_text())


def test_one_bad_file_leaves_the_results_of_the_others(predictor, folder, tmp_path):
    sources, out, steps = find_sources([str(folder)]), tmp_path / 'out', []
    failures = predict_files(
        predictor,
        sources,
        out,
        score_thr=1,
        batch_size=2,
        progress=lambda: steps.append(1),
    )
    assert [name for name, _ in failures] == ['000002.png', 'broken.mp4']
    assert [row[0] for row in csv.reader(open(out / 'failed.csv'))][1:] == [
        '000002.png',
        'broken.mp4',
    ]
    written = read(out / 'images.json')['images']
    frames = [f'clip.mp4#00000{number}' for number in range(3)]
    names = ['000000.png', '000001.png', 'z.bmp', *frames]
    assert [image['file_name'] for image in written] == names
    assert {(image['width'], image['height']) for image in written} == {(96, 64)}
    assert len(steps) == len(names) + 2
    expected = len(predictor(folder / '000001.png').pred_instances)
    found = [x for x in read(out / 'detections.json') if x['image_id'] == 2]
    assert len(found) == expected > 0
    drawn = sorted(path.name for path in (out / 'vis').iterdir())
    assert drawn == ['000000.png', '000001.png', 'clip.mp4.mkv', 'z.bmp.png']
    picture = cv2.imread(str(out / 'vis' / '000001.png'))
    assert (picture == cv2.imread(str(folder / '000001.png'))).all()
    video = Video(out / 'vis' / 'clip.mp4.mkv', 10_000)
    assert video.size == (96, 64) and video.fps == 5 and len(list(video)) == 3


def test_video_that_ends_early_is_told_and_its_frames_are_kept(
    predictor, images, write_video, tmp_path
):
    path = write_video(tmp_path / 'clip.avi', images)
    content = path.read_bytes()
    start = content.index(b'movi')
    # Without the last frames and the index behind them.
    path.write_bytes(content[: start + (len(content) - start) // 2])
    out = tmp_path / 'out'
    failures = predict_files(predictor, {'clip.avi': path}, out, pictures=False)
    frames = len(read(out / 'images.json')['images'])
    assert 0 < frames < 3
    reason = f'{path} ends after {frames} of 3 frames, which were predicted.'
    assert failures == [('clip.avi', reason)]


def test_video_that_cannot_be_encoded_keeps_its_detections_and_the_other_files(
    predictor, images, write_video, tmp_path, monkeypatch
):
    sources = {
        'a.avi': write_video(tmp_path / 'a.avi', images),
        'b.avi': write_video(tmp_path / 'b.avi', images),
    }
    encoder = cv2.VideoWriter

    def open_encoder(path, *args):
        # OpenCV refuses frame rates of some containers in this way.
        return encoder() if 'a.avi' in path else encoder(path, *args)

    monkeypatch.setattr(cv2, 'VideoWriter', open_encoder)
    out = tmp_path / 'out'
    ((name, reason),) = predict_files(predictor, sources, out)
    assert name == 'a.avi'
    assert reason.endswith(
        'a.avi.mkv cannot be written: OpenCV has no encoder for 5 frames a second of '
        '96 x 64 px; the detections are kept'
    )
    assert len(read(out / 'images.json')['images']) == 6
    assert [path.name for path in (out / 'vis').iterdir()] == ['b.avi.mkv']


def test_what_was_written_stays_when_the_process_ends(predictor, folder, tmp_path):
    out = tmp_path / 'out'

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sources = find_sources([str(folder)])
        predict_files(predictor, sources, out, pictures=False, progress=stop)
    assert [x['file_name'] for x in read(out / 'images.json')['images']] == [
        '000000.png'
    ]
    assert {x['image_id'] for x in read(out / 'detections.json')} == {1}
    assert not (out / 'vis').exists()
