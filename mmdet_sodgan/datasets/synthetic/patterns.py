"""Interior textures of the synthetic objects, one a class."""

from collections.abc import Callable

import numpy as np

Phases = tuple[float, float]
Pattern = Callable[[np.ndarray, np.ndarray, Phases], np.ndarray]

TAU = 2 * np.pi
# Chosen so that their pitch at the rim is about that of the other textures.
NUM_SPOKES = 8


def horizontal(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw horizontal stripes."""
    return np.sin(TAU * v + phases[0])


def vertical(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw vertical stripes."""
    return np.sin(TAU * u + phases[0])


def diagonal(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw stripes at 45 degrees, rising or falling with the second phase."""
    # Both directions are one class: a horizontal flip swaps them.
    rising = u if phases[1] < np.pi else -u
    return np.sin(TAU * (rising + v) / np.sqrt(2) + phases[0])


def checker(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw a checkerboard with axis-aligned cells."""
    return np.sin(TAU * u + phases[0]) * np.sin(TAU * v + phases[1])


def rings(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw concentric rings."""
    return np.sin(TAU * np.hypot(u, v) + phases[0])


def spokes(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw radial spokes."""
    return np.sin(NUM_SPOKES * np.arctan2(v, u) + phases[0])


def chevron(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw V-shaped stripes that point up or down with the second phase."""
    side = np.abs(u) if phases[1] < np.pi else -np.abs(u)
    return np.sin(TAU * (side + v) / np.sqrt(2) + phases[0])


def lattice(u: np.ndarray, v: np.ndarray, phases: Phases) -> np.ndarray:
    """Draw a checkerboard turned by 45 degrees."""
    return checker((u + v) / np.sqrt(2), (u - v) / np.sqrt(2), phases)


#: Class name -> texture. Over the phases, every texture shows its two colours
#: equally; all have the same pitch. So neither silhouette nor colour statistics
#: tell the classes apart. An image flip does not change the class. A texture is
#: ``f(u, v, phases)``: offsets from the object's centre in units of the pitch (of
#: any shapes that broadcast), two phases in [0, 2 pi); its sign is the colour.
PATTERNS: dict[str, Pattern] = {
    'horizontal': horizontal,
    'vertical': vertical,
    'diagonal': diagonal,
    'checker': checker,
    'rings': rings,
    'spokes': spokes,
    'chevron': chevron,
    'lattice': lattice,
}
