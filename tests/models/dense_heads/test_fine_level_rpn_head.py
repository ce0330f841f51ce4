from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from mmdet.models.dense_heads import RPNHead

from mmdet_sodgan.models.dense_heads import FineLevelRPNHead
from mmdet_sodgan.models.utils import FineLevel, Sight

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


@pytest.fixture
def seen(heads):
    """A head, the enlarged z_LR, and z_LR: the first image has something at (9, 10)."""
    head, _ = heads
    torch.nn.init.normal_(head.rpn_conv.weight, std=0.1)
    torch.nn.init.constant_(head.rpn_cls.weight, 1.0)
    torch.nn.init.constant_(head.rpn_cls.bias, -9.0)
    z_lr = torch.zeros(2, 16, 20, 28)
    z_lr[0, :, 9, 10] = 9.0
    project = torch.nn.Conv2d(6, 16, 1)
    return head, FineLevel(torch.randn(2, 6, 40, 56), project, 2), z_lr


def outside(*inside):
    """Cells of the grid but those of a rectangle, bool ``(20, 28)``."""
    cells = torch.ones(20, 28, dtype=torch.bool)
    cells[inside] = False
    return cells


@torch.no_grad()
def test_a_look_reads_next_to_what_z_lr_shows(seen):
    head, level, z_lr = seen
    scores, deltas = head.forward_single(z_lr)
    spread = F.max_pool2d((z_lr[:, :1] > 0).float(), 3, 1, 1) > 0
    assert scores[spread].sigmoid().min() > 0.005 > scores[~spread].sigmoid().max()
    sight = head.look(level, z_lr, 0.5)
    assert torch.equal(sight.z_lr[0], scores) and torch.equal(sight.z_lr[1], deltas)
    whole = head.forward_single(level)
    # The convolution spreads the cell by one, the look by another: rows 7 to 11 and
    # columns 8 to 12, in squares of 4 cells.
    inside = slice(4, 12), slice(8, 16)
    for got, dense, nothing in zip(sight.enlarged, whole, (-20.0, 0.0), strict=True):
        torch.testing.assert_close(got[0, :, *inside], dense[0, :, *inside])
        rest = got[0, :, outside(*inside)]
        assert (rest == nothing).all() and (got[1] == nothing).all()


@torch.no_grad()
def test_detail_is_asked_for_next_to_what_the_enlarged_z_lr_shows(seen):
    head, level, z_lr = seen
    scores = head.forward_single(level)[0].sigmoid().amax(1)[0]
    inside = scores[4:12, 8:16]
    threshold = inside.flatten().sort().values[-3:-1].mean().item()
    sight = head.look(level, torch.full_like(z_lr, 9.0), threshold)
    expected = torch.zeros(20, 28, dtype=torch.bool)
    for y, x in (scores > threshold).nonzero().tolist():
        expected[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = True
    assert torch.equal(sight.where[0], expected) and expected.any()


@torch.no_grad()
def test_a_level_that_was_looked_at_is_read_anew_only_where_detail_came(seen):
    head, level, z_lr = seen
    where = torch.zeros(2, 20, 28, dtype=torch.bool)
    where[0, 9, 10] = True
    known = torch.full((2, 1, 20, 28), 3.0), torch.full((2, 4, 20, 28), 4.0)
    sight = Sight(where, known, head.forward_single(z_lr))
    found = head((replace(level, sight=sight), z_lr, z_lr[..., ::2, ::2]))
    whole = head((level, z_lr, z_lr[..., ::2, ::2]))
    # The square and, as their convolution sees it, the cells below and right of it.
    changed = slice(8, 13), slice(8, 13)
    for got, dense, value in zip(found, whole, (3.0, 4.0), strict=True):
        torch.testing.assert_close(got[0][0, :, *changed], dense[0][0, :, *changed])
        rest = got[0][0, :, outside(*changed)]
        assert (rest == value).all() and (got[0][1] == value).all()
        torch.testing.assert_close(got[1:], dense[1:])


def test_a_head_of_several_convolutions_is_refused():
    with pytest.raises(
        ValueError, match=r'rpn_head\.num_convs is 2; .* takes hosts with one'
    ):
        FineLevelRPNHead(**OPTIONS, num_convs=2)
