"""Pictures of what G makes and what D says of it."""

from collections.abc import Mapping

import numpy as np


def maps_picture(maps: Mapping[str, np.ndarray]) -> np.ndarray:
    """Set maps or images side by side.

    Args:
        maps (Mapping[str, np.ndarray]): Title -> grey map ``(h, w)`` in [0, 1] or
            RGB image ``(h, w, 3)``; at least one.

    Returns:
        np.ndarray: ``(H, W, 3)``, RGB, uint8.
    """
    figure = _figure(4 * len(maps), 4.2)
    axes = figure.subplots(1, len(maps), squeeze=False)[0]
    for axis, (title, picture) in zip(axes, maps.items(), strict=True):
        axis.imshow(picture, cmap='magma', vmin=0, vmax=1, interpolation='nearest')
        height, width = picture.shape[:2]
        axis.set_title(f'{title}, {width} x {height}', fontsize=10)
        axis.set_axis_off()
    return _render(figure)


def rois_picture(
    image: np.ndarray, boxes: np.ndarray, real: np.ndarray, fake: np.ndarray
) -> np.ndarray:
    """Draw RoIs with D's scores: a number each, and listed beside the image.

    A box has the colour of D's score on G's result.

    Args:
        image (np.ndarray): ``(H, W, 3)``, RGB, uint8.
        boxes (np.ndarray): ``(m, 4)`` as x1, y1, x2, y2 in pixels of ``image``.
        real (np.ndarray): ``(m,)``, D's probability that the RoI of the HR image
            is real.
        fake (np.ndarray): ``(m,)``, the same of the reconstructed RoI.

    Returns:
        np.ndarray: ``(H', W', 3)``, RGB, uint8.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    figure = _figure(8, 5.4)
    axis, legend = figure.subplots(1, 2, width_ratios=(3, 1))
    axis.imshow(image)
    lines = ['RoI   D(HR)  D(G)']
    for i, (x1, y1, x2, y2) in enumerate(boxes):
        colour = colormaps['viridis'](float(fake[i]))
        axis.add_patch(
            Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour)
        )
        axis.text(x1, y1, str(i + 1), fontsize=7, color='white', va='bottom')
        lines.append(f'{i + 1:>3}   {real[i]:5.2f}  {fake[i]:4.2f}')
    legend.text(0, 1, '\n'.join(lines), family='monospace', fontsize=9, va='top')
    for each in (axis, legend):
        each.set_axis_off()
    return _render(figure)


def _figure(width: float, height: float):
    # Without a display, and without touching a backend of the caller's.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def _render(figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
