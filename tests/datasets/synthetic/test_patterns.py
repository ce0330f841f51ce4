from itertools import product

import numpy as np
import pytest

from mmdet_sodgan.datasets.synthetic.patterns import PATTERNS

# Three periods across a disc, as an object has.
V, U = np.mgrid[-1.5:1.5:60j, -1.5:1.5:60j]
DISC = np.hypot(U, V) < 1.5
CYCLE = np.linspace(0, 2 * np.pi, 24, endpoint=False)
PHASES = list(product(CYCLE, CYCLE))
SAMPLES = [(0.3, 0.9), (2.1, 5.0), (3.9, 2.5), (5.5, 4.1)]


def render(name, phases):
    return np.sign(PATTERNS[name](U, V, phases))[DISC]


def flip(name, phases, axis):
    return np.flip(np.sign(PATTERNS[name](U, V, phases)), axis)[DISC]


def best_agreement(name, texture):
    """Share of equal pixels at the phases of the class that fits best."""
    return max(np.mean(render(name, phases) == texture) for phases in PHASES)


@pytest.mark.parametrize('name', PATTERNS)
def test_pattern_shows_both_colours_equally(name):
    shares = [np.mean(render(name, phases) > 0) for phases in PHASES]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.01)
    assert 0.3 < min(shares) and max(shares) < 0.7


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('name', PATTERNS)
def test_flipped_pattern_is_of_the_same_class(name, axis):
    for phases in SAMPLES:
        assert best_agreement(name, flip(name, phases, axis)) > 0.93


@pytest.mark.parametrize('name', PATTERNS)
def test_pattern_is_of_no_other_class(name):
    for phases in SAMPLES:
        texture = render(name, phases)
        others = [other for other in PATTERNS if other != name]
        assert max(best_agreement(other, texture) for other in others) < 0.85
