import pytest
import torch

from mmdet_sodgan.models import DSSDNeck

NARROW = dict(in_channels=(8, 16), extra_channels=12, out_channels=4)


@pytest.mark.parametrize(
    ('options', 'first', 'sides'),
    [
        ({}, 40, [40, 20, 10, 5, 3, 1]),
        (
            dict(level_strides=(2,) * 5, level_paddings=(1,) * 5),
            64,
            [64, 32, 16, 8, 4, 2, 1],
        ),
    ],
)
def test_levels_have_the_sizes_of_ssd_and_the_widths_of_dssd(options, first, sides):
    neck = DSSDNeck(**NARROW, **options)
    inputs = torch.randn(2, 8, first, first), torch.randn(2, 16, first // 2, first // 2)
    levels = neck(inputs)
    assert [x.shape for x in levels[:-1]] == [(2, 4, n, n) for n in sides[:-1]]
    assert levels[-1].shape == (2, 12, 1, 1)


def test_finest_level_reads_the_coarsest():
    """What makes DSSD of SSD: context goes back to the fine levels."""
    neck = DSSDNeck(**NARROW).eval()
    inputs = torch.rand(1, 8, 40, 40), torch.rand(1, 16, 20, 20)
    coarsest = []
    neck.extra[-1].register_forward_hook(lambda *args: coarsest.append(args[-1]))
    finest = neck(inputs)[0]
    (grad,) = torch.autograd.grad(finest.sum(), coarsest[0])
    assert grad.any()


def test_lists_of_unlike_lengths_are_refused():
    with pytest.raises(ValueError, match='2 level_strides and 1 level_paddings'):
        DSSDNeck(level_strides=(2, 2), level_paddings=(1,))
