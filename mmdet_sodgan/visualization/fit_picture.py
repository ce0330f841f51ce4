import math

import numpy as np
from PIL import Image


def fit_picture(
    image: np.ndarray, enlarged_side: int, largest_side: float = math.inf
) -> tuple[np.ndarray, float]:
    """Give an image a size at which boxes of few pixels can be told apart.

    Args:
        image (np.ndarray): ``(H, W, 3)``, uint8.
        enlarged_side (int): Pixels of the longer side that a smaller image is
            enlarged towards, by a whole number, so that each of its pixels is a
            square.
        largest_side (float): Pixels that the longer side of a larger one is reduced
            to. Defaults to inf, never.

    Returns:
        tuple[np.ndarray, float]: The picture and its pixels by one of the image.
    """
    height, width = image.shape[:2]
    factor = enlarged_side // max(height, width)
    if factor > 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1), float(factor)
    scale = min(1.0, largest_side / max(height, width))
    if scale == 1:
        return image, scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.LANCZOS)), scale
