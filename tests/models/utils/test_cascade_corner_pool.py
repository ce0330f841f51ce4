import numpy as np
import pytest
import torch
from torch import nn

from mmdet_sodgan.models.utils import CascadeCornerPool


def maximum_ahead(x, axis):
    """Of each position and those behind it along an axis."""
    return np.flip(np.maximum.accumulate(np.flip(x, axis), axis), axis)


@pytest.mark.parametrize('corner', ['top left', 'bottom right'])
def test_pools_along_a_border_what_was_pooled_across_it(corner):
    pool = CascadeCornerPool(channels=3, directions=corner.split())
    for branch in (pool.direction1_conv, pool.direction2_conv):
        branch.border = branch.inside = branch.join = nn.Identity()
    pool.aftpool_conv = pool.conv2 = nn.Identity()
    nn.init.zeros_(pool.conv1.conv.weight)  # what does not go through the pools
    x = np.random.default_rng(0).random((2, 3, 5, 7), dtype=np.float32)
    # A bottom right corner is a top left one of the image turned around.
    turned = np.flip(x, (2, 3)) if corner == 'bottom right' else x
    rows, columns = maximum_ahead(turned, 3), maximum_ahead(turned, 2)
    expected = maximum_ahead(turned + rows, 2) + maximum_ahead(turned + columns, 3)
    if corner == 'bottom right':
        expected = np.flip(expected, (2, 3))
    found = pool(torch.from_numpy(x))
    torch.testing.assert_close(found, torch.from_numpy(expected.copy()))
