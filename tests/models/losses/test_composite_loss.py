import pytest
import torch
from torch import nn

from mmdet_sodgan.models import CompositeLoss
from mmdet_sodgan.models.discriminators import DiscriminatorOutput
from mmdet_sodgan.structures import SampledRoIs

WEIGHTS = dict(adv=0.5, cls=0.25, reg=0.125, mse=2.0, tv=3.0)
G_KEYS = dict(adv='loss_g_adv', cls='loss_g_cls', reg='loss_g_reg')
D_KEYS = dict(
    adv={'loss_d_real', 'loss_d_fake', 'd_real', 'd_fake'},
    cls={'loss_d_cls'},
    reg={'loss_d_reg'},
)
R_KEYS = dict(mse='loss_mse', tv='loss_tv')


def composite(**weights):
    return CompositeLoss(**{k: dict(loss_weight=w) for k, w in weights.items()})


class GivenOutput(nn.Module):
    """A discriminator that says what it is told, of the real samples first."""

    def __init__(self, *outputs):
        super().__init__()
        self.outputs = outputs

    def forward(self, feats):
        assert len(feats) == sum(len(output.logits) for output in self.outputs)
        return DiscriminatorOutput(*map(torch.cat, zip(*self.outputs, strict=True)))


@pytest.fixture
def output():
    """Factory of what D says of five RoIs of three classes."""
    return lambda: DiscriminatorOutput(
        torch.randn(5), torch.randn(5, 4), torch.randn(5, 4)
    )


@pytest.fixture
def pair():
    feats = torch.randn(5, 2, 3, 3)
    labels = torch.tensor([0, 2, 1, 3, 3])
    rois = torch.zeros(5, 5)
    return SampledRoIs(
        feats, rois, labels, torch.randn(5, 4), labels < 3, hr_feats=feats + 1
    )


@pytest.fixture
def maps():
    sr, hr = torch.randn(2, 4, 6, 6), torch.randn(2, 4, 6, 6)
    return sr, hr, torch.ones(2, 6, 6, dtype=torch.bool), torch.rand(2, 6, 6) < 0.3


@pytest.mark.parametrize('off', [None, dict(loss_weight=0.0)])
@pytest.mark.parametrize('name', WEIGHTS)
def test_term_that_is_off_is_not_built(output, pair, maps, name, off):
    cfg = {k: dict(loss_weight=w) for k, w in WEIGHTS.items()}
    loss = CompositeLoss(**cfg | {name: off})
    assert name not in loss.terms and len(loss.terms) == 4
    g = loss.adversarial_losses(GivenOutput(output()), pair, 1.0)
    d = loss.discriminator_losses(GivenOutput(output(), output()), pair)
    reconstruction = loss.reconstruction(*maps, 1.0)
    assert g.keys() == {key for k, key in G_KEYS.items() if k != name}
    assert d.keys() == set().union(*(key for k, key in D_KEYS.items() if k != name))
    assert reconstruction.keys() == {key for k, key in R_KEYS.items() if k != name}


@pytest.mark.parametrize(
    'terms, discriminator, target',
    [
        ((), False, False),
        (('tv',), False, False),
        (('mse',), False, True),
        (('adv',), True, False),
        (('cls',), True, False),
        (('reg', 'mse'), True, True),
    ],
)
def test_needs_follow_from_the_terms(terms, discriminator, target):
    loss = composite(**{name: 1.0 for name in terms})
    assert loss.needs_discriminator is discriminator
    assert loss.needs_hr is target


def test_weights_scale_the_generators_part_only(output, pair):
    real, fake = output(), output()
    one = composite(adv=1.0, cls=1.0, reg=1.0)
    weighted = composite(**{name: WEIGHTS[name] for name in G_KEYS})
    plain = one.adversarial_losses(GivenOutput(fake), pair, 1.0)
    scaled = weighted.adversarial_losses(GivenOutput(fake), pair, 1.0)
    for name, key in G_KEYS.items():
        assert plain[key] != 0
        torch.testing.assert_close(scaled[key], WEIGHTS[name] * plain[key])
    torch.testing.assert_close(
        weighted.discriminator_losses(GivenOutput(real, fake), pair),
        one.discriminator_losses(GivenOutput(real, fake), pair),
    )


def test_schedule_scales_what_g_receives_through_d(output, pair):
    loss, fake = composite(**WEIGHTS), GivenOutput(output())
    full, part = (loss.adversarial_losses(fake, pair, s) for s in (1.0, 0.25))
    for key in G_KEYS.values():
        torch.testing.assert_close(part[key], 0.25 * full[key])


def test_schedule_scales_the_reconstruction_terms(maps):
    loss = composite(**WEIGHTS)
    full, part = (loss.reconstruction(*maps, s) for s in (1.0, 0.25))
    assert full.keys() == {'loss_mse', 'loss_tv'}
    for name, value in full.items():
        torch.testing.assert_close(part[name], 0.25 * value)


def test_total_variation_alone_needs_no_target(maps):
    sr, _, valid, foreground = maps
    losses = composite(tv=1.0).reconstruction(sr, None, valid, foreground, 1.0)
    assert losses.keys() == {'loss_tv'}


def test_d_learns_the_class_on_both_branches_and_the_box_on_fakes(output, pair):
    real, fake = output(), output()
    for x in (*real, *fake):
        x.requires_grad_()
    losses = composite(**WEIGHTS).discriminator_losses(GivenOutput(real, fake), pair)
    log_p = torch.stack([x.cls_logits.log_softmax(1) for x in (real, fake)])
    expected = -log_p[:, range(5), pair.labels].sum() / 5
    torch.testing.assert_close(losses['loss_d_cls'], expected)
    total = sum(v for k, v in losses.items() if 'loss' in k)
    grads = torch.autograd.grad(total, (real.deltas, fake.deltas))
    assert not grads[0].any()
    assert (grads[1].abs().sum(1) > 0).tolist() == pair.positive.tolist()


def test_logged_output_is_the_mean_probability_of_being_real(output, pair):
    real, fake = output(), output()
    real.logits.requires_grad_()
    losses = composite(adv=1.0).discriminator_losses(GivenOutput(real, fake), pair)
    mean = real.logits.detach().sigmoid().mean()
    torch.testing.assert_close(losses['d_real'], mean)
    torch.testing.assert_close(losses['d_fake'], fake.logits.sigmoid().mean())
    assert losses['loss_d_real'].requires_grad and not losses['d_real'].requires_grad
