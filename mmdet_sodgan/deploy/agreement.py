from typing import NamedTuple

import numpy as np

#: Largest difference of a box side in px and of a score.
BOX_TOLERANCE = 0.5
SCORE_TOLERANCE = 1e-3


class Agreement(NamedTuple):
    """How far two lists of detections of the same images agree.

    Attributes:
        count (int): Detections of the reference.
        unmatched (int): Detections of either list that have no partner within the
            tolerances, though their score is clear of the threshold.
        box_error (float): Largest difference of a box side among partners, px.
        score_error (float): Largest difference of a score among partners.
    """

    count: int = 0
    unmatched: int = 0
    box_error: float = 0.0
    score_error: float = 0.0

    def __or__(self, other: 'Agreement') -> 'Agreement':
        """Join two agreements into one over the images of both."""
        return Agreement(
            self.count + other.count,
            self.unmatched + other.unmatched,
            max(self.box_error, other.box_error),
            max(self.score_error, other.score_error),
        )


def agreement(
    expected: tuple[np.ndarray, ...],
    found: tuple[np.ndarray, ...],
    score_thr: float,
    max_per_img: int,
) -> Agreement:
    """Compare the detections of one image.

    Each detection of the reference takes the nearest one of its class that is free.
    Where two differ by rounding, one near the score threshold, or at the end of a
    full list, may be on one side only; these are not counted as unmatched.

    Args:
        expected (tuple[ndarray, ...]): The reference's boxes ``(n, 4)``, x1, y1,
            x2, y2 in px, scores ``(n,)`` and labels ``(n,)``.
        found (tuple[ndarray, ...]): The same of the other, ``m`` of them.
        score_thr (float): Both gave detections that score above it.
        max_per_img (int): Both gave at most so many detections.

    Returns:
        Agreement: How far they agree on this image.
    """
    boxes, scores, labels = expected
    free = np.ones(len(found[0]), bool)
    floor = [score_thr]
    for side in (scores, found[1]):
        if len(side) == max_per_img:
            floor.append(side.min())
    floor = max(floor) + SCORE_TOLERANCE
    unmatched, box_errors, score_errors = 0, [0.0], [0.0]
    for box, score, label in zip(boxes, scores, labels, strict=True):
        box_error = np.abs(found[0] - box).max(1, initial=0)
        score_error = np.abs(found[1] - score)
        fits = free & (found[2] == label)
        fits &= (box_error <= BOX_TOLERANCE) & (score_error <= SCORE_TOLERANCE)
        if not fits.any():
            unmatched += int(score > floor)
            continue
        partner = np.where(fits, box_error, np.inf).argmin()
        free[partner] = False
        box_errors.append(float(box_error[partner]))
        score_errors.append(float(score_error[partner]))
    unmatched += int((free & (found[1] > floor)).sum())
    return Agreement(len(boxes), unmatched, max(box_errors), max(score_errors))
