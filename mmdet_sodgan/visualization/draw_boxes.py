"""Pictures of detections for the page; no network and no browser."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LINE_WIDTH = 3
FONT_SIZE = 13


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
