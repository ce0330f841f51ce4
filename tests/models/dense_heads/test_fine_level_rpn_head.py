import pytest
import torch
from mmdet.models.dense_heads import RPNHead

from mmdet_sodgan.models.dense_heads import FineLevelRPNHead
from mmdet_sodgan.models.utils import FineLevel

OPTIONS = dict(
    in_channels=16,
    feat_channels=16,
    anchor_generator=dict(
        type='AnchorGenerator',
        scales=[4],
        ratios=[1.0],
        strides=[4, 4, 8],
        base_sizes=[2, 4, 8],
    ),
)


@pytest.fixture
def heads():
    """Ours and mmdet's, of the same weights."""
    torch.manual_seed(0)
    ours, mmdets = FineLevelRPNHead(**OPTIONS), RPNHead(**OPTIONS)
    mmdets.load_state_dict(ours.state_dict())
    return ours, mmdets


@pytest.mark.parametrize('r', [2, 4])
def test_is_mmdets_head_at_every_rth_position_of_the_fine_level(heads, r):
    ours, mmdets = heads
    p2, p3 = (torch.randn(2, 16, s, s) for s in (16, 8))
    project = torch.nn.Conv2d(6, 16, 1)
    fine = FineLevel(torch.randn(2, 6, 16 * r, 16 * r), project, r)
    found = ours((fine, p2, p3))
    expected = mmdets((fine.dense(), p2, p3))
    # mmdet's counts z_SR outside of the image as zero, ours as the projection's bias.
    inner = [f[0][..., 1:, 1:] for f in found]
    every = [e[0][..., ::r, ::r][..., 1:, 1:] for e in expected]
    torch.testing.assert_close(inner, every, rtol=0, atol=1e-5)
    others = [f[1:] for f in found]
    torch.testing.assert_close(others, [e[1:] for e in expected], rtol=0, atol=0)


def test_anchors_of_the_fine_level_are_half_as_large_at_the_same_places(heads):
    ours, _ = heads
    sizes = [(16, 16), (16, 16), (8, 8)]
    fine, p2, _ = ours.prior_generator.grid_priors(sizes, device='cpu')
    centres = [(a[:, :2] + a[:, 2:]) / 2 for a in (fine, p2)]
    torch.testing.assert_close(*centres)
    assert (fine[:, 2:] - fine[:, :2]).unique().tolist() == [8]
    assert (p2[:, 2:] - p2[:, :2]).unique().tolist() == [16]


def test_a_head_of_several_convolutions_is_refused():
    with pytest.raises(
        ValueError, match=r'rpn_head\.num_convs is 2; .* takes hosts with one'
    ):
        FineLevelRPNHead(**OPTIONS, num_convs=2)
