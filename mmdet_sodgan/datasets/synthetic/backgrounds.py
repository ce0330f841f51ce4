"""Textured backgrounds of the synthetic images."""

import cv2
import numpy as np


def _octave_noise(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw value noise: random grids of doubling resolution, halving amplitude."""
    field = np.zeros((height, width), np.float32)
    cells = int(rng.integers(2, 5))
    amplitude = 1.0
    while cells < max(width, height) // 2:
        grid = rng.random((cells + 1, cells + 1), dtype=np.float32)
        field += amplitude * cv2.resize(
            grid, (width, height), interpolation=cv2.INTER_LINEAR
        )
        cells, amplitude = cells * 2, amplitude * 0.55
    return field


def _grating(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a sinusoid of random orientation with a pitch of 4 to 24 px."""
    angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
    frequency = 2 * np.pi / np.exp(rng.uniform(np.log(4), np.log(24)))
    x = np.arange(width, dtype=np.float32) * np.float32(frequency * np.cos(angle))
    y = np.arange(height, dtype=np.float32) * np.float32(frequency * np.sin(angle))
    return np.sin(x[None, :] + y[:, None] + np.float32(phase))


def _gradient(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a linear ramp of random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(np.cos(angle))
    y = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(np.sin(angle))
    return x[None, :] + y[:, None]


def _tiles(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a grid of flat tiles with joints of one pixel."""
    side = int(rng.integers(8, 33))
    rows, columns = height // side + 1, width // side + 1
    tones = rng.random((rows, columns), dtype=np.float32)
    field = np.repeat(np.repeat(tones, side, axis=0), side, axis=1)
    field[::side] = field[:, ::side] = np.float32(rng.random())
    return field[:height, :width]


KINDS = (_octave_noise, _grating, _gradient, _tiles)


def draw_background(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draw a textured background from two kinds of texture.

    Args:
        rng (np.random.Generator): Source of randomness.
        width (int): Width in pixels.
        height (int): Height in pixels.

    Returns:
        np.ndarray: Colours in 0 to 255, shape (height, width, 3), float32.
    """
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = rng.uniform(60, 195, 3)
    for kind in rng.choice(len(KINDS), 2, replace=False):
        field = KINDS[kind](rng, width, height)
        spread = field.max() - field.min()
        field = (field - field.min()) / spread - np.float32(0.5)
        tint = rng.uniform(-1, 1) + rng.uniform(-0.4, 0.4, 3)
        canvas += field[..., None] * (45 * tint).astype(np.float32)
    return np.clip(canvas, 0, 255, out=canvas)
