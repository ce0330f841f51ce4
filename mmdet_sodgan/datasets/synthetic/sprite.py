"""Anti-aliased drawing of one textured shape."""

from dataclasses import dataclass

import numpy as np

from .patterns import Pattern, Phases

SUPERSAMPLING = 4
# Three periods across an object, but never a texture that the high-resolution
# pixel grid cannot hold (Nyquist is 2 px).
PERIODS_ACROSS = 3
MIN_PITCH = 2.6


@dataclass(frozen=True)
class Sprite:
    """A shape rasterised on the image's pixel grid.

    Args:
        left (int): Image column of the first patch column, may be negative.
        top (int): Image row of the first patch row, may be negative.
        alpha (np.ndarray): Coverage in 0 to 1, shape (h, w), float32.
        texture (np.ndarray): Covered mean of the texture in -1 to 1, shape
            (h, w), float32.
        box (tuple[float, ...]): Full extent (x1, y1, x2, y2) in image pixels.
    """

    left: int
    top: int
    alpha: np.ndarray
    texture: np.ndarray
    box: tuple[float, float, float, float]


def scrambled(rng: np.random.Generator) -> Pattern:
    """Make a texture of random cells with the classes' pitch, which is no class."""
    cells = rng.choice([-1.0, 1.0], (16, 16))

    def pattern(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
        columns = np.floor(2 * u + phases[0]).astype(np.intp) % 16
        rows = np.floor(2 * v + phases[1]).astype(np.intp) % 16
        return cells[rows, columns]

    return pattern


def blank(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Make no texture at all: so any class looks once its detail is lost."""
    return np.zeros(np.broadcast_shapes(u.shape, v.shape))


def draw_sprite(
    rng: np.random.Generator,
    pattern: Pattern,
    center: tuple[float, float],
    side: float,
) -> Sprite:
    """Rasterise a shape of random aspect ratio and outline.

    Args:
        rng (np.random.Generator): Source of randomness.
        pattern (Pattern): Texture, see ``PATTERNS``.
        center (tuple[float, float]): (x, y) in image pixels.
        side (float): Square root of the box area in image pixels.

    Returns:
        Sprite: The shape on the image's pixel grid, not clipped to the image.
    """
    aspect = np.exp(rng.uniform(np.log(0.8), np.log(1.25)))
    half_width, half_height = side * np.sqrt(aspect) / 2, side / np.sqrt(aspect) / 2
    # Exponent of a superellipse: ellipse, rounded and nearly sharp rectangle.
    exponent = rng.choice([2, 4, 16])
    phases = tuple(rng.uniform(0, 2 * np.pi, 2))

    x1, y1 = center[0] - half_width, center[1] - half_height
    x2, y2 = center[0] + half_width, center[1] + half_height
    left, top = int(np.floor(x1)), int(np.floor(y1))
    width, height = int(np.ceil(x2)) - left, int(np.ceil(y2)) - top

    s = SUPERSAMPLING
    x = left + (np.arange(width * s) + 0.5)[None, :] / s - center[0]
    y = top + (np.arange(height * s) + 0.5)[:, None] / s - center[1]
    inside = np.abs(x / half_width) ** exponent + np.abs(y / half_height) ** exponent
    inside = inside <= 1
    pitch = max(side / PERIODS_ACROSS, MIN_PITCH)
    sign = np.sign(pattern(x / pitch, y / pitch, phases)) * inside

    def shrink(samples: np.ndarray) -> np.ndarray:
        cells = samples.reshape(height, s, width, s)
        return cells.mean(axis=(1, 3), dtype=np.float32)

    return Sprite(left, top, shrink(inside), shrink(sign), (x1, y1, x2, y2))
