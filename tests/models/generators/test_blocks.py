import pytest
import torch

from mmdet_sodgan.models.generators.blocks import sub_pixel_convolution


@pytest.mark.parametrize(
    'memory_format', [torch.contiguous_format, torch.channels_last]
)
def test_sub_pixel_convolution_shuffles_as_pytorch_does(memory_format):
    block = sub_pixel_convolution(3).to(memory_format=memory_format)
    x = torch.rand(2, 3, 5, 7)
    expected = torch.nn.functional.pixel_shuffle(block[0](x), 2)
    torch.testing.assert_close(block(x), expected, rtol=0, atol=0)
    gradients = torch.autograd.grad(block(x).square().sum(), block.parameters())
    wanted = torch.autograd.grad(expected.square().sum(), block.parameters())
    torch.testing.assert_close(gradients, wanted)


def test_sub_pixel_convolution_of_an_empty_batch_has_a_gradient_of_zero():
    block = sub_pixel_convolution(3)
    y = block(torch.zeros(0, 3, 5, 7))
    assert y.shape == (0, 3, 10, 14)
    y.sum().backward()
    assert all((p.grad == 0).all() for p in block.parameters())
