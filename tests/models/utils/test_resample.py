import pytest
import torch

from mmdet_sodgan.models.utils import resample


@pytest.mark.parametrize('step', [1.6, 4 / 3, 0.8])
def test_ramp_is_read_where_the_new_cells_lie(step):
    y, x = torch.arange(9.0), torch.arange(12.0)
    ramp = (y[:, None] - 10 * x[None]).expand(2, 3, -1, -1)
    found = resample(ramp, step, (5, 7))
    assert found.shape == (2, 3, 5, 7)
    expected = step * (y[:5, None] - 10 * x[None, :7])
    torch.testing.assert_close(found, expected.expand(2, 3, -1, -1), atol=1e-4, rtol=0)


def test_last_cell_repeats_beyond_the_map():
    found = resample(torch.tensor([[[[1.0, 2.0, 4.0]]]]), 1.5, (2, 4))
    assert found.tolist() == [[[[1.0, 3.0, 4.0, 4.0]] * 2]]


def test_same_grid_is_the_same_map():
    feat = torch.rand(1, 2, 3, 3)
    assert resample(feat, 1.0, (3, 3)) is feat
