import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from mmdet.structures import DetDataSample


class PredictionWriter:
    """Write detections as they come, so that nothing is lost if the process ends.

    Into one folder, in place of files of the same name:

    - ``detections.json``, COCO's format of results: a list of ``image_id``,
      ``category_id``, ``bbox`` (x, y, width, height in pixels of the image) and
      ``score``. All that the detector gives, as AP needs them all.
    - ``images.json``, COCO's format of image information: ``images`` and
      ``categories``, whose ids, from 1, the detections refer to. An image that
      stands here is complete.
    - ``detections.csv``: the detections with scores above ``score_thr``, one a row.
    - ``failed.csv``, if there is any: the files that were not predicted, and why.

    Both JSON files are valid after each image.

    Args:
        out_dir (str | Path): The folder, made where missing.
        classes (Sequence[str]): Name of each label.
        score_thr (float): The CSV file has detections with scores above it.

    Attributes:
        failures (list[tuple[str, str]]): Name and reason of each failure.
    """

    def __init__(
        self, out_dir: str | Path, classes: Sequence[str], score_thr: float
    ) -> None:
        self.out_dir, self.classes = Path(out_dir), tuple(classes)
        self.score_thr, self.failures = score_thr, []
        self._num_images = 0
        self.out_dir.mkdir(parents=True, exist_ok=True)
        categories = [
            dict(id=label + 1, name=name) for label, name in enumerate(self.classes)
        ]
        head = f'{{"categories": {json.dumps(categories)},\n"images": ['
        self._detections = _GrowingList(self.out_dir / 'detections.json', '[', ']')
        self._images = _GrowingList(self.out_dir / 'images.json', head, ']}')
        self._table = open(self.out_dir / 'detections.csv', 'w', newline='')
        self._rows = csv.writer(self._table)
        columns = ('file_name', 'class', 'score', 'x', 'y', 'width', 'height')
        self._rows.writerow(columns)
        (self.out_dir / 'failed.csv').unlink(missing_ok=True)

    def __enter__(self) -> 'PredictionWriter':
        return self

    def __exit__(self, *error) -> None:
        for file in (self._detections, self._images, self._table):
            file.close()

    def write(self, name: str, sample: DetDataSample) -> None:
        """Write what was found in an image.

        Args:
            name (str): The image's ``file_name``.
            sample (DetDataSample): With ``ori_shape`` and ``pred_instances``.
        """
        self._num_images += 1
        found = sample.pred_instances.cpu()
        boxes = found.bboxes.double()
        boxes[:, 2:] -= boxes[:, :2]
        columns = boxes.tolist(), found.scores.tolist(), found.labels.tolist()
        entries = []
        for box, score, label in zip(*columns, strict=True):
            entries.append(
                dict(
                    image_id=self._num_images,
                    category_id=label + 1,
                    bbox=box,
                    score=score,
                )
            )
            if score > self.score_thr:
                row = (f'{score:.4f}', *(f'{side:.2f}' for side in box))
                self._rows.writerow((name, self.classes[label], *row))
        self._table.flush()
        self._detections.extend(entries)
        height, width = sample.ori_shape[:2]
        image = dict(id=self._num_images, file_name=name, width=width, height=height)
        self._images.extend([image])

    def fail(self, name: str, reason: str) -> None:
        """Write that a file was not predicted.

        Args:
            name (str): The file's name.
            reason (str): One sentence.
        """
        with open(self.out_dir / 'failed.csv', 'a', newline='') as file:
            rows = csv.writer(file)
            if not self.failures:
                rows.writerow(('file_name', 'reason'))
            rows.writerow((name, reason))
        self.failures.append((name, reason))


class _GrowingList:
    """A JSON file with a list at its end, valid after every step."""

    def __init__(self, path: Path, head: str, tail: str) -> None:
        self._file = open(path, 'wb')
        self._separator, self._tail = b'\n', f'\n{tail}\n'.encode()
        self._file.write(head.encode() + self._tail)
        self._file.flush()

    def extend(self, entries: Iterable[dict]) -> None:
        lines = ',\n'.join(map(json.dumps, entries)).encode()
        if lines:
            self._file.seek(-len(self._tail), 2)
            self._file.write(self._separator + lines + self._tail)
            self._file.flush()
            self._separator = b',\n'

    def close(self) -> None:
        self._file.close()
