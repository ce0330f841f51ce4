import torch

from mmdet_sodgan.models.necks.deconvolution_module import DeconvolutionModule


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
