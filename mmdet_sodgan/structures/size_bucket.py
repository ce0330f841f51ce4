import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

# COCO's own stand-in for "no upper limit".
MAX_SIDE = 1e5


@dataclass(frozen=True)
class SizeBucket:
    """A range of object areas in the original image.

    The bounds are areas, because that is what is compared and because not every
    benchmark's bound is a whole number when given as a side (SODA-D ends at
    2000 px^2).

    Args:
        name (str): Name of the bucket, part of the metric keys.
        min_area (float): Lower bound in px^2 of the original image.
        max_area (float): Upper bound in px^2 of the original image.
        closed (str): Which bounds belong to the bucket: ``'left'`` for
            ``[min, max)``, ``'right'`` for ``(min, max]``, ``'both'`` for
            ``[min, max]``. Defaults to ``'left'``.
        aggregate (bool): Whether the bucket is the union of others of the same
            preset, reported next to them. Defaults to False.
    """

    name: str
    min_area: float
    max_area: float
    closed: Literal['left', 'right', 'both'] = 'left'
    aggregate: bool = False

    @property
    def inclusive_area(self) -> tuple[float, float]:
        """tuple[float, float]: The same set of areas as ``[low, high]`` in px^2.

        COCO evaluators include both ends. An open end is exact when it moves to
        the neighbouring double, because areas are doubles too.
        """
        low, high = float(self.min_area), float(self.max_area)
        if self.closed == 'right':
            low = math.nextafter(low, math.inf)
        if self.closed == 'left':
            high = math.nextafter(high, -math.inf)
        return low, high

    def holds(self, area: float | np.ndarray) -> bool | np.ndarray:
        """Tell whether an area lies in the bucket.

        Args:
            area (float | np.ndarray): In px^2 of the original image.

        Returns:
            bool | np.ndarray: Of the same shape.
        """
        low, high = self.inclusive_area
        return (area >= low) & (area <= high)

    @property
    def sides(self) -> tuple[float, float]:
        """tuple[float, float]: Bounds as sides of a square, in px."""
        return math.sqrt(self.min_area), math.sqrt(self.max_area)

    @property
    def label(self) -> str:
        """str: The range of sides in px in interval notation."""
        low, high = (f'{side:.6g}' for side in self.sides)
        if self.sides[1] >= MAX_SIDE:
            high = 'inf'
        left = '(' if self.closed == 'right' else '['
        right = ')' if self.closed == 'left' or high == 'inf' else ']'
        return f'{left}{low}, {high}{right}'

    def to_dict(self) -> dict:
        """Return the fields as plain Python values, for JSON."""
        return asdict(self)


def inside(areas: np.ndarray, buckets: Sequence[SizeBucket]) -> np.ndarray:
    """Tell which areas lie in which buckets.

    Args:
        areas (np.ndarray): Areas in px^2 of the original image, shape (N,).
        buckets (Sequence[SizeBucket]): The buckets, at least one.

    Returns:
        np.ndarray: Shape (N, buckets), bool. An area can lie in none, and in two
        where both include their common end.
    """
    return np.stack([bucket.holds(areas) for bucket in buckets], axis=1)
