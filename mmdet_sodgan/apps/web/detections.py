from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmdet.structures import DetDataSample

from mmdet_sodgan.structures.size_bucket import SizeBucket, inside


@dataclass(frozen=True)
class Detections:
    """What one model found in one image.

    Args:
        boxes (np.ndarray): ``(n, 4)`` as x1, y1, x2, y2 in pixels of the image.
        scores (np.ndarray): ``(n,)``.
        names (np.ndarray): ``(n,)``, class name of each box.
    """

    boxes: np.ndarray
    scores: np.ndarray
    names: np.ndarray

    @classmethod
    def from_sample(cls, sample: DetDataSample, classes: Sequence[str]) -> 'Detections':
        """Take over what a detector predicted.

        Args:
            sample (DetDataSample): With ``pred_instances`` in pixels of the image.
            classes (Sequence[str]): Name of each label.

        Returns:
            Detections: In increasing order of score, so that the surest box is
            drawn last.
        """
        found = sample.pred_instances.cpu()
        scores = found.scores.double().numpy()
        order = np.argsort(scores, kind='stable')
        names = np.array([classes[label] for label in found.labels], dtype=object)
        return cls(found.bboxes.double().numpy()[order], scores[order], names[order])

    @property
    def texts(self) -> list[str]:
        """list[str]: Class and score of each box."""
        return [
            f'{name} {score:.2f}'
            for name, score in zip(self.names, self.scores, strict=True)
        ]

    def above(self, score_thr: float) -> 'Detections':
        """Leave out what has no score above the threshold, as mmdet draws.

        Args:
            score_thr (float): The threshold.

        Returns:
            Detections: The others.
        """
        keep = self.scores > score_thr
        return Detections(self.boxes[keep], self.scores[keep], self.names[keep])

    def in_buckets(self, buckets: Sequence[SizeBucket]) -> np.ndarray:
        """Say which box lies in which range of sizes.

        Args:
            buckets (Sequence[SizeBucket]): The ranges.

        Returns:
            np.ndarray: ``(n, len(buckets))``, bool. A box can lie in none, and in
            two where both include their common end.
        """
        width, height = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        return inside(width * height, buckets)
