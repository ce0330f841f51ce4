"""A figure that sets two detectors and the feature maps side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .drawing import draw_boxes, fit_picture
from .gan_pictures import agg_figure

ENLARGED_SIDE = 512


@dataclass
class ComparedImage:
    """One row of the figure; all boxes in pixels of ``image``.

    Attributes:
        image (np.ndarray): ``(H, W, 3)``, RGB, uint8.
        truth (tuple): Ground truth: boxes ``(n, 4)`` as x1, y1, x2, y2 and
            labels ``(n,)``.
        detections (dict): Name of a detector -> boxes ``(n, 4)`` and labels
            ``(n,)``.
        maps (dict): Title -> grey picture ``(h, w)`` in [0, 1].
    """

    image: np.ndarray
    truth: tuple[np.ndarray, np.ndarray]
    detections: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    maps: dict[str, np.ndarray] = field(default_factory=dict)


def save_comparison(rows: Sequence[ComparedImage], path: str | Path) -> None:
    """Draw ground truth, detections and feature maps of several images.

    A box has the colour of its class, so a wrong class shows as a wrong
    colour.

    Args:
        rows (Sequence[ComparedImage]): At least one, with the same detectors
            and maps each.
        path (str | Path): The PNG to write.
    """
    columns = 1 + len(rows[0].detections) + len(rows[0].maps)
    figure = agg_figure(2.6 * columns, 2.75 * len(rows))
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for row, line in zip(rows, axes, strict=True):
        cells = iter(line)
        for title, boxes in {'ground truth': row.truth, **row.detections}.items():
            axis = next(cells)
            axis.imshow(_with_boxes(row.image, *boxes))
            axis.set_title(f'{title} ({len(boxes[0])})', fontsize=9)
        for title, picture in row.maps.items():
            axis = next(cells)
            axis.imshow(picture, cmap='magma', vmin=0, vmax=1, interpolation='nearest')
            height, width = picture.shape
            axis.set_title(f'{title}, {width} x {height}', fontsize=9)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.savefig(path, dpi=110)


def _with_boxes(image: np.ndarray, boxes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Enlarge the image, so that a line hides little of it, and draw the boxes."""
    from matplotlib import colormaps

    colours = np.uint8(np.multiply(colormaps['tab10'].colors, 255).round())
    picture, scale = fit_picture(image, ENLARGED_SIDE)
    return draw_boxes(
        picture,
        boxes * scale,
        [tuple(colours[int(label) % len(colours)].tolist()) for label in labels],
        line_width=2,
    )
