from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import mmcv
import numpy as np

from ..utils.errors import one_line
from .prediction_writer import PredictionWriter
from .predictor import Predictor
from .sources import Video, is_video


def predict_files(
    predictor: Predictor,
    sources: Mapping[str, Path],
    out_dir: str | Path,
    *,
    score_thr: float = 0.3,
    batch_size: int = 1,
    pictures: bool = True,
    progress: Callable[[], object] = lambda: None,
) -> list[tuple[str, str]]:
    """Detect in files and write what is found to a folder, as it comes.

    Beside the files of :class:`PredictionWriter`, ``vis`` gets each image and
    video with the boxes drawn. A frame is named after its video and its number
    from 0, as in ``clip.mp4#000012``.

    Args:
        predictor (Predictor): The detector.
        sources (Mapping[str, Path]): From :func:`find_sources`.
        out_dir (str | Path): The folder.
        score_thr (float): Scores above are drawn and stand in the CSV file.
        batch_size (int): Images that the detector gets at a time.
        pictures (bool): Whether to draw.
        progress (Callable): Called after each image and frame.

    Returns:
        list[tuple[str, str]]: Name of each file that could not be predicted, or
        not to its end, or not drawn, and why.
    """
    videos = {name: path for name, path in sources.items() if is_video(path)}
    images = {name: path for name, path in sources.items() if name not in videos}
    with PredictionWriter(out_dir, predictor.classes, score_thr) as writer:

        def run(items, draw_to, video=None):
            drawing = pictures
            for result in predictor.stream(items, batch_size):
                if result.error is not None:
                    writer.fail(result.name, result.error)
                else:
                    writer.write(result.name, result.sample)
                if drawing and result.error is None:
                    picture = predictor.draw(result.image, result.sample, score_thr)
                    try:
                        draw_to(result.name, picture)
                    except (OSError, cv2.error) as error:
                        writer.fail(video or result.name, one_line(error))
                        # The other frames would fail as this one does.
                        drawing = video is None
                progress()

        folder = Path(out_dir, 'vis')
        run(images.items(), lambda *drawn: _write_picture(folder, *drawn))
        for name, path in videos.items():
            try:
                video = Video(path, predictor.max_pixels)
            except ValueError as error:
                writer.fail(name, str(error))
                progress()
                continue
            frames = ((f'{name}#{i:06d}', frame) for i, frame in enumerate(video))
            with _VideoFile(folder / f'{name}.mkv', video) as drawn:
                run(frames, drawn.write, video=name)
            if video.num_read < video.num_frames:
                writer.fail(
                    name,
                    f'{path} ends after {video.num_read} of {video.num_frames} frames, '
                    'which were predicted.',
                )
        return writer.failures


def _write_picture(folder: Path, name: str, picture: np.ndarray) -> None:
    # OpenCV may have no writer for what Pillow reads.
    plain = name.lower().endswith(('.jpg', '.jpeg', '.png'))
    path = folder / (name if plain else f'{name}.png')
    if not mmcv.imwrite(picture, str(path)):
        raise OSError(f'{path} cannot be written; the detections are kept')


class _VideoFile:
    """Matroska, which can be played even where its end is missing."""

    def __init__(self, path: Path, video: Video) -> None:
        self._path, self._video = path, video

    def __enter__(self) -> '_VideoFile':
        self._writer = None
        return self

    def __exit__(self, *error) -> None:
        if self._writer is not None:
            self._writer.release()

    def write(self, name: str, frame: np.ndarray) -> None:
        """Add a frame ``(H, W, 3)``, BGR, uint8."""
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = cv2.VideoWriter(
                str(self._path),
                cv2.VideoWriter_fourcc(*'mp4v'),
                self._video.fps,
                self._video.size,
            )
            if not self._writer.isOpened():
                raise OSError(
                    f'{self._path} cannot be written: OpenCV has no encoder for '
                    f'{self._video.fps:g} frames a second of '
                    f'{" x ".join(map(str, self._video.size))} px; the detections are '
                    'kept'
                )
        self._writer.write(frame)
