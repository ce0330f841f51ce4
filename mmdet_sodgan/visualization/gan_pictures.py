"""Pictures of what G makes and what D says of it."""

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from .drawing import draw_boxes


def feature_map_image(feat: Tensor, reference: Tensor | None = None) -> np.ndarray:
    """Turn a feature map into a grey picture, its root mean square over channels.

    Args:
        feat (Tensor): ``(C, H, W)``.
        reference (Tensor, optional): Map ``(C, H', W')`` whose range sets
            black and white, so that pictures can be compared; ``feat``'s own
            by default.

    Returns:
        np.ndarray: ``(H, W)``, float in [0, 1].
    """

    def energy(x: Tensor) -> np.ndarray:
        return x.detach().float().pow(2).mean(0).sqrt().cpu().numpy()

    scale = energy(feat if reference is None else reference)
    # White is the 99th percentile: single hot cells would leave the rest black.
    low, high = scale.min(), np.percentile(scale, 99)
    return np.clip((energy(feat) - low) / max(high - low, 1e-12), 0, 1)


def maps_picture(maps: Mapping[str, np.ndarray]) -> np.ndarray:
    """Set maps or images side by side.

    Args:
        maps (Mapping[str, np.ndarray]): Title -> grey map ``(h, w)`` in [0, 1] or
            RGB image ``(h, w, 3)``; at least one.

    Returns:
        np.ndarray: ``(H, W, 3)``, RGB, uint8.
    """
    figure = agg_figure(4 * len(maps), 4.2)
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

    colours = colormaps['viridis'](np.asarray(fake, float), bytes=True)[:, :3].tolist()
    numbers = [str(i + 1) for i in range(len(boxes))]
    figure = agg_figure(8, 5.4)
    axis, legend = figure.subplots(1, 2, width_ratios=(3, 1))
    axis.imshow(draw_boxes(image, boxes, [*map(tuple, colours)], numbers, line_width=2))
    lines = ['RoI   D(HR)  D(G)']
    for number, of_hr, of_g in zip(numbers, real, fake, strict=True):
        lines.append(f'{number:>3}   {of_hr:5.2f}  {of_g:4.2f}')
    legend.text(0, 1, '\n'.join(lines), family='monospace', fontsize=9, va='top')
    for each in (axis, legend):
        each.set_axis_off()
    return _render(figure)


def agg_figure(width: float, height: float):
    """Make a figure, in inches, without a display or a backend of the caller's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def _render(figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
