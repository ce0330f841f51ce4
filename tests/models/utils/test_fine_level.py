import pytest
import torch

from mmdet_sodgan.models.utils import FineLevel, as_map


@pytest.fixture
def level():
    # Eight channels: with fewer, oneDNN 3.12 (torch 2.13) on a CPU of AVX2 writes past
    # its memory in the gradient of a strided 1x1 convolution in channels last.
    torch.manual_seed(0)
    return FineLevel(torch.randn(2, 8, 24, 32), torch.nn.Conv2d(8, 16, 1), 2)


@pytest.mark.parametrize('padding', [0, 1])
def test_convolving_before_the_projection_is_convolving_z_sr(level, padding):
    layer = torch.nn.Conv2d(16, 5, 1 + 2 * padding, padding=padding)
    bias = level.project.bias[:, None, None]
    # Where z_SR counts as the bias outside of the image.
    dense = torch.nn.functional.pad(level.dense() - bias, [padding] * 4) + bias
    expected = torch.nn.functional.conv2d(dense, layer.weight, layer.bias, stride=2)
    found = level.convolve(layer)
    assert found.shape == (2, 5, 12, 16)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    parameters = [*layer.parameters(), *level.project.parameters()]
    gradients = [
        torch.autograd.grad(x.square().sum(), parameters) for x in (found, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-3)


def test_an_image_is_taken_out_as_mmdet_takes_it_out_of_a_map(level):
    taken = level[1][None]
    torch.testing.assert_close(taken.dense(), level.dense()[1:])


def test_a_map_is_its_own_map(level):
    assert as_map(level.map) is level.map
    torch.testing.assert_close(as_map(level), level.dense(), rtol=0, atol=0)
