"""One synthetic image with its boxes."""

import cv2
import numpy as np

from .backgrounds import draw_background
from .patterns import PATTERNS
from .sprite import Sprite, blank, draw_sprite, scrambled

MIN_VISIBILITY = 0.4
# Share of the shapes that are put against an earlier one, so that they occlude.
OCCLUSION_RATE = 0.25
COVERED = 0.5
DISTRACTOR, BAR = -1, -2


def render_image(
    rng: np.random.Generator,
    image_size: tuple[int, int],
    num_classes: int,
    size_range: tuple[float, float],
    objects_per_image: tuple[int, int],
) -> tuple[np.ndarray, list[dict]]:
    """Render an image of small textured objects among look-alikes.

    Args:
        rng (np.random.Generator): Source of randomness; the same state gives
            the same image.
        image_size (tuple[int, int]): (width, height) in pixels.
        num_classes (int): The first ``num_classes`` of ``PATTERNS`` are drawn.
        size_range (tuple[float, float]): Range of the objects' side (square
            root of the box area) in pixels, sampled log-uniformly.
        objects_per_image (tuple[int, int]): Fewest and most objects that are
            drawn, both included.

    Returns:
        tuple[np.ndarray, list[dict]]: The BGR image, shape (height, width, 3),
        uint8; and for each object of which at least 40 % is visible a dict with
        ``label`` (int), ``bbox`` ([x, y, w, h] in pixels, the full extent
        clipped to the image) and ``visibility`` (share of the shape, 0.4 to 1).
    """
    width, height = image_size
    canvas = draw_background(rng, width, height)
    # Which object is uppermost at a pixel: 0 for none, else its index plus 1.
    owner = np.zeros((height, width), np.int32)

    num_objects = int(rng.integers(objects_per_image[0], objects_per_image[1] + 1))
    num_distractors = int(round(num_objects * rng.uniform(0.3, 0.8)))
    num_bars = int(round(num_objects * rng.uniform(0.0, 0.4)))
    labels = rng.integers(0, num_classes, num_objects)
    patterns = list(PATTERNS.values())
    # Negative entries are clutter, others index `labels`.
    clutter = np.repeat([DISTRACTOR, BAR], [num_distractors, num_bars])
    order = rng.permutation(np.concatenate([np.arange(num_objects), clutter]))

    sprites: dict[int, Sprite] = {}
    previous: list[tuple[float, float, float]] = []
    for item in order:
        if item == BAR:
            _draw_bar(rng, canvas, owner)
            continue
        if item == DISTRACTOR:
            pattern = scrambled(rng) if rng.random() < 0.6 else blank
        else:
            pattern = patterns[labels[item]]
        side = float(np.exp(rng.uniform(*np.log(size_range))))
        center = _place(rng, image_size, side, previous)
        previous.append((*center, side))
        sprite = draw_sprite(rng, pattern, center, side)
        _paint(rng, canvas, owner, sprite, item + 1 if item >= 0 else 0)
        if item >= 0:
            sprites[item] = sprite

    noise = rng.standard_normal((height, width), dtype=np.float32)
    canvas += (noise * rng.uniform(1.5, 5.0)).astype(np.float32)[..., None]
    image = np.clip(np.rint(canvas), 0, 255).astype(np.uint8)
    return image, _annotate(sprites, labels, owner)


def _place(
    rng: np.random.Generator,
    image_size: tuple[int, int],
    side: float,
    previous: list[tuple[float, float, float]],
) -> tuple[float, float]:
    """Choose a centre: anywhere, or half over an earlier shape."""
    if previous and rng.random() < OCCLUSION_RATE:
        x, y, other = previous[rng.integers(len(previous))]
        angle = rng.uniform(0, 2 * np.pi)
        distance = rng.uniform(0.3, 0.5) * (side + other)
        x, y = x + distance * np.cos(angle), y + distance * np.sin(angle)
        return (
            float(np.clip(x, 0, image_size[0])),
            float(np.clip(y, 0, image_size[1])),
        )
    x, y = rng.uniform(0, image_size)
    return float(x), float(y)


def _paint(
    rng: np.random.Generator,
    canvas: np.ndarray,
    owner: np.ndarray,
    sprite: Sprite,
    identity: int,
) -> None:
    """Blend a sprite into the canvas, in colours relative to what is there."""
    height, width = owner.shape
    top, left = max(sprite.top, 0), max(sprite.left, 0)
    bottom = min(sprite.top + sprite.alpha.shape[0], height)
    right = min(sprite.left + sprite.alpha.shape[1], width)
    # A centre on the image's border may leave no pixel of the shape inside.
    contrast = rng.uniform(35, 80) * rng.uniform(0.5, 1.0, 3) * rng.choice([-1, 1])
    offset = rng.uniform(10, 60) * rng.choice([-1, 1]) + rng.uniform(-25, 25, 3)
    if top >= bottom or left >= right:
        return
    inside = np.s_[
        top - sprite.top : bottom - sprite.top, left - sprite.left : right - sprite.left
    ]
    window = canvas[top:bottom, left:right]
    alpha, texture = sprite.alpha[inside], sprite.texture[inside]
    # Both colours must fit into 0 to 255, or clipping would shift their mean.
    reach = np.abs(contrast)
    mean = np.clip(window.mean(axis=(0, 1)) + offset, reach, 255 - reach)
    window *= 1 - alpha[..., None]
    window += alpha[..., None] * mean.astype(np.float32)
    window += texture[..., None] * contrast.astype(np.float32)
    owner[top:bottom, left:right][alpha >= COVERED] = identity


def _draw_bar(rng: np.random.Generator, canvas: np.ndarray, owner: np.ndarray) -> None:
    """Draw a thin line over everything so far."""
    height, width = owner.shape
    start = rng.uniform(0, (width, height))
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.4) * width
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(int(round(c)) for c in point) for point in (start, end)]
    thickness = int(rng.integers(1, 4))
    cv2.line(canvas, *ends, tuple(rng.uniform(30, 225, 3)), thickness)
    cv2.line(owner, *ends, 0, thickness)


def _annotate(
    sprites: dict[int, Sprite], labels: np.ndarray, owner: np.ndarray
) -> list[dict]:
    """Describe the objects that are visible enough, in index order."""
    height, width = owner.shape
    visible = np.bincount(owner.ravel(), minlength=len(labels) + 1)
    objects = []
    for index in range(len(labels)):
        sprite = sprites[index]
        visibility = visible[index + 1] / np.count_nonzero(sprite.alpha >= COVERED)
        if visibility < MIN_VISIBILITY:
            continue
        x1, y1, x2, y2 = np.clip(sprite.box, 0, (width, height, width, height))
        bbox = [round(float(c), 2) for c in (x1, y1, x2 - x1, y2 - y1)]
        objects.append(
            dict(
                label=int(labels[index]),
                bbox=bbox,
                visibility=round(float(visibility), 3),
            )
        )
    return objects
