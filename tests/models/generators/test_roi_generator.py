import pytest
import torch

from mmdet_sodgan.models import RoIGenerator

SOURCES = [
    dict(skip_channels=6),
    dict(skip_channels=None),
    dict(skip_channels=6, reads_feats=False),
]


def make(**kwargs):
    kwargs = dict(in_channels=8, mid_channels=8, num_blocks=1) | kwargs
    generator = RoIGenerator(**kwargs)
    generator.init_weights()
    return generator


def wake(generator):
    """Move the last layer off its zeros, as the first update does."""
    torch.nn.init.normal_(generator.project.weight)


@pytest.mark.parametrize('kwargs', SOURCES)
def test_starts_as_identity_and_leaves_it(kwargs):
    generator = make(**kwargs)
    feats, skip = torch.randn(5, 8, 7, 7), torch.randn(5, 6, 7, 7)
    assert torch.equal(generator(feats, skip), feats)
    generator(feats, skip).square().sum().backward()
    assert generator.project.weight.grad.abs().sum() > 0


@pytest.mark.parametrize('kwargs', SOURCES)
def test_residual_comes_from_the_named_sources(kwargs):
    generator = make(**kwargs)
    wake(generator)
    feats = torch.randn(5, 8, 7, 7, requires_grad=True)
    skip = torch.randn(5, 6, 7, 7, requires_grad=True)
    residual = generator(feats, skip) - feats
    residual.square().sum().backward()
    assert bool(feats.grad.any()) is kwargs.get('reads_feats', True)
    reads_skip = skip.grad is not None and bool(skip.grad.any())
    assert reads_skip is (kwargs['skip_channels'] is not None)


@pytest.mark.parametrize('norm', ['GN', 'BN'])
def test_every_parameter_takes_part_where_no_roi_is_small(norm):
    norm_cfg = dict(type='GN', num_groups=2) if norm == 'GN' else dict(type='BN')
    generator = make(skip_channels=6, norm_cfg=norm_cfg).train()
    made = generator(torch.zeros(0, 8, 7, 7), torch.zeros(0, 6, 7, 7))
    assert made.shape == (0, 8, 7, 7)
    made.sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None and not parameter.grad.any(), name
    assert all(buffer.isfinite().all() for buffer in generator.buffers())


def test_residual_path_is_as_wide_as_the_feature_unless_said():
    assert make(mid_channels=None).project.in_channels == 8
    assert make(mid_channels=4).project.in_channels == 4


def test_generator_without_source_is_refused():
    with pytest.raises(ValueError, match=r'reads_feats is False .*skip_channels is N'):
        RoIGenerator(reads_feats=False)
