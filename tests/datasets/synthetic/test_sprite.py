from itertools import product
from math import gamma

import numpy as np
import pytest

from mmdet_sodgan.datasets.synthetic.patterns import PATTERNS
from mmdet_sodgan.datasets.synthetic.sprite import blank, draw_sprite, scrambled


def sprites(pattern, side, count=24):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        center = tuple(rng.uniform(20, 30, 2))
        yield center, draw_sprite(rng, pattern, center, side)


@pytest.mark.parametrize('side', [4, 13.7, 40])
def test_box_has_the_wanted_side_and_centre(side):
    for center, sprite in sprites(blank, side):
        x1, y1, x2, y2 = sprite.box
        assert np.sqrt((x2 - x1) * (y2 - y1)) == pytest.approx(side)
        assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx(center)
        assert 0.8 <= (x2 - x1) / (y2 - y1) <= 1.25


@pytest.mark.parametrize('side', [13.7, 40])
def test_box_encloses_the_shape_tightly(side):
    for _, sprite in sprites(blank, side):
        rows, columns = np.nonzero(sprite.alpha > 0)
        extent = (
            sprite.left + columns.min(),
            sprite.top + rows.min(),
            sprite.left + columns.max() + 1,
            sprite.top + rows.max() + 1,
        )
        np.testing.assert_allclose(extent, sprite.box, atol=1.25)


def test_coverage_equals_the_area_of_a_superellipse():
    found = set()
    for _, sprite in sprites(blank, 40):
        share = sprite.alpha.sum() / 40**2
        # Area of |x/a|^n + |y/b|^n <= 1 over that of its box.
        areas = {n: gamma(1 + 1 / n) ** 2 / gamma(1 + 2 / n) for n in (2, 4, 16)}
        nearest = min(areas, key=lambda n: abs(areas[n] - share))
        assert share == pytest.approx(areas[nearest], abs=0.005)
        found.add(nearest)
    assert found == {2, 4, 16}


def shrunken_energy(name, side):
    """Share of the texture's energy that down-sampling by 2 leaves."""
    before = after = 0.0
    for _, sprite in sprites(PATTERNS[name], side):
        height, width = (n // 2 * 2 for n in sprite.texture.shape)
        texture = sprite.texture[:height, :width]
        before += np.square(texture).sum()
        pooled = texture.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        after += 4 * np.square(pooled).sum()
    return after / before


@pytest.mark.parametrize('name', PATTERNS)
def test_only_small_objects_lose_their_texture_at_half_resolution(name):
    assert shrunken_energy(name, 8) < 0.5
    assert shrunken_energy(name, 40) > 0.7


@pytest.mark.parametrize('name', PATTERNS)
def test_texture_survives_rasterisation_at_full_resolution(name):
    for side, least in ((12, 0.4), (40, 0.7)):
        energy = [
            np.square(sprite.texture).sum() / sprite.alpha.sum()
            for _, sprite in sprites(PATTERNS[name], side)
        ]
        assert np.mean(energy) > least


def test_blank_distractor_has_no_texture():
    assert all(not sprite.texture.any() for _, sprite in sprites(blank, 20))


def test_scrambled_distractor_has_two_colours_and_no_class():
    rng = np.random.default_rng(0)
    cycle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    v, u = np.mgrid[-1.5:1.5:60j, -1.5:1.5:60j]
    for _ in range(8):
        texture = scrambled(rng)(u, v, (1.0, 2.0))
        assert set(np.unique(texture)) == {-1.0, 1.0}
        for pattern in PATTERNS.values():
            for phases in product(cycle, cycle):
                assert np.mean(np.sign(pattern(u, v, phases)) == texture) < 0.85
