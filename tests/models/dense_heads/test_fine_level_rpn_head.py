import pytest
import torch
from mmdet.models.dense_heads import RPNHead

from mmdet_sodgan.models.dense_heads import FineLevelRPNHead
from mmdet_sodgan.models.utils import FineLevel


@pytest.fixture
def heads():
    """Ours and mmdet's, of the same weights."""
    options = dict(
        in_channels=16,
        feat_channels=16,
        anchor_generator=dict(
            type='AnchorGenerator', scales=[2], ratios=[1.0], strides=[4, 8]
        ),
    )
    ours, mmdets = FineLevelRPNHead(**options), RPNHead(**options)
    mmdets.load_state_dict(ours.state_dict())
    return ours, mmdets


def test_is_mmdets_head_on_levels_whose_finest_has_the_detail(heads):
    ours, mmdets = heads
    p2, p3, detail = (torch.randn(2, 16, s, s) for s in (16, 8, 16))
    fine = FineLevel(torch.randn(2, 6, 32, 32), torch.nn.Conv2d(6, 16, 1), detail)
    found, expected = ours((fine, p2, p3)), mmdets((p2 + detail, p3))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
