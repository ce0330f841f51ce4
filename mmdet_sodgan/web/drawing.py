"""Pictures of detections for the page; no network and no browser."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

#: Sides in pixels of the longer side of a picture on the page: a smaller image is
#: enlarged towards the first, a larger one reduced to the second.
ENLARGED_SIDE, LARGEST_SIDE = 1000, 2000
LINE_WIDTH = 3
FONT_SIZE = 13


def fit_for_page(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Give an image a size at which boxes of few pixels can be told apart.

    Args:
        image (np.ndarray): ``(H, W, 3)``, uint8.

    Returns:
        tuple[np.ndarray, float]: The picture and its pixels by one of the image.
        Enlarged by a whole number, so that every pixel of the image is a square.
    """
    height, width = image.shape[:2]
    factor = ENLARGED_SIDE // max(height, width)
    if factor > 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1), float(factor)
    scale = min(1.0, LARGEST_SIDE / max(height, width))
    if scale == 1:
        return image, scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.LANCZOS)), scale


def draw_boxes(
    picture: np.ndarray,
    boxes: np.ndarray,
    colors: Sequence[tuple[int, int, int]],
    texts: Sequence[str] | None = None,
) -> np.ndarray:
    """Draw outlines, the last box on top.

    Args:
        picture (np.ndarray): ``(H, W, 3)``, RGB, uint8. Not changed.
        boxes (np.ndarray): ``(n, 4)`` as x1, y1, x2, y2 in pixels of the picture;
            the lines, :data:`LINE_WIDTH` wide, lie inside of the rounded box.
        colors (Sequence[tuple]): RGB of each box.
        texts (Sequence[str] | None): Written above each box. Defaults to None.

    Returns:
        np.ndarray: ``(H, W, 3)``, RGB, uint8.
    """
    canvas = Image.fromarray(picture)
    draw = ImageDraw.Draw(canvas)
    corners = np.rint(boxes).astype(int).tolist()
    for corner, color in zip(corners, colors, strict=True):
        draw.rectangle(corner, outline=color, width=LINE_WIDTH)
    if texts is not None:
        font = ImageFont.load_default(FONT_SIZE)
        for (left, top, *_), color, text in zip(corners, colors, texts, strict=True):
            anchor = left, max(top, FONT_SIZE + LINE_WIDTH)
            background = draw.textbbox(anchor, text, font, anchor='lb')
            draw.rectangle(background, fill=(0, 0, 0))
            draw.text(anchor, text, color, font, anchor='lb')
    return np.asarray(canvas)
