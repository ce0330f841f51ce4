import pytest
import torch
from torch import nn

from mmdet_sodgan.models.utils import fill_in_tiles

CELLS = (20, 28)


@pytest.fixture
def maps():
    """A map of a pixel a cell, and one of four."""
    torch.manual_seed(0)
    return torch.randn(2, 3, *CELLS), torch.randn(2, 3, *(4 * side for side in CELLS))


@pytest.fixture
def network():
    """From both maps to two pixels a cell; it sees three cells to each side."""
    torch.manual_seed(1)
    coarse = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    )
    fine = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU())
    joined = nn.Sequential(
        nn.Conv2d(5, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 4, 3, padding=1)
    )
    return lambda x, y: joined(coarse(x) + fine(y))


def asked(*cells):
    where = torch.zeros(2, *CELLS, dtype=torch.bool)
    for cell in cells:
        where[cell] = True
    return where


@torch.no_grad()
def fill(maps, network, where, halo, calls=None, **reach):
    def function(x, y):
        if calls is not None:
            calls.append(tuple(x.shape))
        return network(x, y)

    out = torch.zeros(2, 4, *(2 * side for side in CELLS))
    fill_in_tiles(out, function, maps, where, side=4, halo=halo, **reach)
    return out


def test_squares_are_as_if_all_were_computed(maps, network):
    # Inside, in three corners of an image, and at the edge of a square.
    cells = (0, 9, 10), (0, 0, 0), (1, 19, 27), (1, 0, 27), (1, 8, 7)
    out = fill(maps, network, asked(*cells), halo=3)
    with torch.no_grad():
        whole = network(*maps)
    expected = torch.zeros_like(out)
    for n, y, x in cells:
        rows = slice(y // 4 * 8, y // 4 * 8 + 8)
        columns = slice(x // 4 * 8, x // 4 * 8 + 8)
        expected[n, :, rows, columns] = whole[n, :, rows, columns]
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-5)


def test_cells_below_and_right_of_a_square_can_be_filled_too(maps, network):
    out = fill(maps, network, asked((0, 9, 10)), halo=4, reach=1)
    with torch.no_grad():
        whole = network(*maps)
    expected = torch.zeros_like(out)
    expected[0, :, 16:26, 16:26] = whole[0, :, 16:26, 16:26]
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-5)


def test_no_more_than_the_windows_is_computed(maps, network):
    calls = []
    fill(maps, network, asked((0, 9, 10), (1, 19, 27)), 2, calls)
    assert calls == [(2, 3, 8, 8)]
    calls.clear()
    assert not fill(maps, network, asked(), 2, calls).any()
    assert calls == []


def test_an_image_full_of_objects_is_computed_whole(maps, network):
    calls, where = [], asked((0, 9, 10))
    where[1] = True
    out = fill(maps, network, where, 2, calls)
    assert calls == [(1, 3, *CELLS), (1, 3, 8, 8)]
    with torch.no_grad():
        whole = network(*maps)[1]
    torch.testing.assert_close(out[1], whole, rtol=0, atol=1e-5)


def test_another_image_of_the_batch_changes_nothing(maps, network):
    where = asked((0, 9, 10))
    alone = fill(maps, network, where, halo=1)[0]
    where[1] = True
    torch.testing.assert_close(
        fill(maps, network, where, halo=1)[0], alone, rtol=0, atol=1e-5
    )


def test_an_image_smaller_than_a_window(network):
    maps = torch.randn(1, 3, 6, 5), torch.randn(1, 3, 24, 20)
    out = torch.zeros(1, 4, 12, 10)
    where = torch.zeros(1, 6, 5, dtype=torch.bool)
    where[0, 5, 4] = True
    with torch.no_grad():
        fill_in_tiles(out, network, maps, where, side=4, halo=1)
        whole = network(*maps)
    torch.testing.assert_close(out, whole, rtol=0, atol=1e-5)


def test_a_missing_input_is_handed_on(maps):
    out = torch.zeros(2, 3, *CELLS)
    fill_in_tiles(out, lambda x, y: x, (maps[0], None), asked((0, 9, 10)), 4, 1)
    torch.testing.assert_close(out[0, :, 8:12, 8:12], maps[0][0, :, 8:12, 8:12])
    assert not out[1].any()
