"""Which files a prediction is for, and the images that they hold."""

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mmcv
import numpy as np
from mmdet.apis.det_inferencer import IMG_EXTENSIONS

VIDEO_EXTENSIONS = ('.avi', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.webm')


def find_sources(inputs: Sequence[str]) -> dict[str, Path]:
    """List the files that paths and patterns name.

    Args:
        inputs (Sequence[str]): Files, folders, whose images and videos are taken
            without those of folders in them, and patterns with ``*``, ``?`` and
            ``**``.

    Returns:
        dict[str, Path]: Name of each file, which is its path below the folder
        that all of them lie in, with ``/``, to its path. Each file stands there
        once, in order.

    Raises:
        ValueError: One of the inputs names no file.
    """
    paths = []
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            found = [p for p in sorted(path.iterdir()) if _has_known_suffix(p)]
        elif path.is_file():
            found = [path]
        else:
            names = sorted(glob.glob(text, recursive=True))
            found = [p for p in map(Path, names) if p.is_file()]
        if not found:
            raise ValueError(
                f'{text} is no file, folder with images or pattern that finds one: '
                f'correct the path.'
            )
        paths += found
    paths = list(dict.fromkeys(map(os.path.abspath, paths)))
    root = os.path.commonpath([os.path.dirname(path) for path in paths])
    return {Path(path).relative_to(root).as_posix(): Path(path) for path in paths}


def find_skipped(inputs: Sequence[str]) -> list[Path]:
    """List the files of folders that are not taken, as their suffix is unknown.

    Args:
        inputs (Sequence[str]): As for :func:`find_sources`.

    Returns:
        list[Path]: The files, without hidden ones, in order.
    """
    return [
        path
        for folder in filter(Path.is_dir, map(Path, dict.fromkeys(inputs)))
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name[0] != '.' and not _has_known_suffix(path)
    ]


def _has_known_suffix(path: Path) -> bool:
    return path.suffix.lower() in IMG_EXTENSIONS + VIDEO_EXTENSIONS


def is_video(path: Path) -> bool:
    """Tell by its suffix whether a file is a video."""
    return path.suffix.lower() in VIDEO_EXTENSIONS


def count_images(sources: Mapping[str, Path], max_pixels: int) -> int:
    """Count images and frames, as the videos' headers give them.

    Args:
        sources (Mapping[str, Path]): From :func:`find_sources`.
        max_pixels (int): As for :class:`Video`.

    Returns:
        int: The number, to which a video that cannot be read adds one.
    """
    total = 0
    for path in sources.values():
        try:
            total += Video(path, max_pixels).num_frames if is_video(path) else 1
        except ValueError:
            total += 1
    return total


class Video:
    """A video file, read one frame after the other.

    Args:
        path (Path): The file.
        max_pixels (int): Width times height of a frame that is still read.

    Attributes:
        fps (float): Frames a second, 25 where the header does not say.
        num_frames (int): As the header says, 0 where it does not.
        num_read (int): Frames that have been read so far.
        size (tuple[int, int]): Width and height of a frame in pixels.

    Raises:
        ValueError: OpenCV cannot read it, or its frames are larger.
    """

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._reader = mmcv.VideoReader(str(path))
        width, height = self.size = self._reader.resolution
        if not self._reader.opened or not width:
            raise ValueError(
                f'{path} cannot be read: it is no video, or OpenCV does not know its '
                'codec; convert it to H.264 in an .mp4 file.'
            )
        if width * height > max_pixels:
            raise ValueError(
                f'{path} has frames of {width} x {height} pixels, more than the '
                f'{max_pixels:,} that are read: raise the bound (max_pixels) where '
                f'you trust the file.'
            )
        # OpenCV says -1 where the header has a rate that it does not believe.
        self.fps = self._reader.fps if self._reader.fps > 0 else 25.0
        self.num_frames = max(self._reader.frame_cnt, 0)
        self.num_read = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the frames, ``(H, W, 3)``, BGR, uint8, and close the file."""
        with self._reader:
            for frame in self._reader:
                self.num_read += 1
                yield frame
