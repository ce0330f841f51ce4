import numpy as np
import pytest
import torch

from mmdet_sodgan.models import MultiTaskDiscriminator

SMALL = dict(in_channels=6, num_classes=3, conv_channels=8, fc_channels=10)


def make(**kwargs):
    return MultiTaskDiscriminator(**SMALL | kwargs)


@pytest.mark.parametrize('size', [7, 14, 4])
@pytest.mark.parametrize('num_convs', [0, 1, 3])
def test_shapes(size, num_convs):
    discriminator = make(roi_feat_size=size, num_convs=num_convs)
    output = discriminator(torch.randn(5, 6, size, size))
    assert output.logits.shape == (5,)
    assert output.cls_logits.shape == (5, 4)
    assert output.deltas.shape == (5, 4)


def test_no_rois_go_forward_and_backward():
    discriminator = make()
    feats = torch.zeros(0, 6, 7, 7, requires_grad=True)
    output = discriminator(feats)
    assert [x.shape for x in output] == [(0,), (0, 4), (0, 4)]
    sum(x.sum() for x in output).backward()
    assert feats.grad.shape == feats.shape
    # Every parameter gets a zero rather than None, which gradient averaging
    # over processes needs.
    for name, parameter in discriminator.named_parameters():
        assert (parameter.grad == 0).all(), name


@pytest.mark.parametrize('with_cls, with_reg', [(False, True), (True, False)])
def test_heads_are_optional(with_cls, with_reg):
    output = make(with_cls=with_cls, with_reg=with_reg)(torch.randn(2, 6, 7, 7))
    assert (output.cls_logits is not None) is with_cls
    assert (output.deltas is not None) is with_reg


def test_spectral_norm_bounds_every_layer_but_the_heads():
    discriminator = make()
    for layer in (discriminator.convs[0], discriminator.convs[2]):
        layer.parametrizations.weight.original.data.mul_(50)
    # Power iteration converges over forwards in training mode.
    for _ in range(200):
        discriminator(torch.randn(1, 6, 7, 7))
    discriminator.eval()
    layers = [discriminator.convs[0], discriminator.convs[2]]
    for layer in (*layers, discriminator.fc, discriminator.adv):
        matrix = layer.weight.detach().flatten(1).numpy()
        norm = np.linalg.svd(matrix, compute_uv=False)[0]
        np.testing.assert_allclose(norm, 1, rtol=1e-3)
    for layer in (discriminator.cls, discriminator.reg):
        assert not torch.nn.utils.parametrize.is_parametrized(layer)


def test_spectral_norm_is_optional():
    names = make(spectral_norm=False).state_dict()
    assert not any('parametrizations' in name for name in names)


def test_rois_are_seen_one_by_one():
    discriminator = make().eval()
    feats = torch.randn(5, 6, 7, 7)
    together = discriminator(feats)
    for i in range(5):
        alone = discriminator(feats[i : i + 1])
        for x, y in zip(together, alone, strict=True):
            torch.testing.assert_close(x[i : i + 1], y, rtol=1e-5, atol=1e-6)
