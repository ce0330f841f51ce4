import pytest
import torch

from mmdet_sodgan.models.necks.dssd_neck import DeconvolutionModule, DSSDNeck

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


def test_deconvolution_module_is_a_product_of_two_paths():
    """Against one cell at a time; BatchNorm is the identity but for its epsilon."""
    module = DeconvolutionModule(3, 5, 2).eval()
    module.enlarge.bias.data.zero_()
    coarse, fine = torch.randn(1, 3, 4, 4), torch.randn(1, 5, 8, 8)
    enlarged = torch.zeros(1, 2, 8, 8)
    for row in range(8):
        for column in range(8):
            kernel = module.enlarge.weight[:, :, row % 2, column % 2]
            enlarged[0, :, row, column] = coarse[0, :, row // 2, column // 2] @ kernel
    first = module.coarse.conv(enlarged)
    second = module.fine[1].conv(module.fine[0].conv(fine).relu())
    expected = (first * second).clamp(min=0)
    assert expected.any()
    torch.testing.assert_close(module(coarse, fine), expected, rtol=1e-3, atol=1e-4)


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
    with pytest.raises(ValueError, match='shorter'):
        DSSDNeck(level_strides=(2, 2), level_paddings=(1,))
