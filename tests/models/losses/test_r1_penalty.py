import numpy as np
import pytest
import torch

from mmdet_sodgan.models import R1Penalty

GAMMA = 3.0


def logits(real, weight):
    """A D whose slope is known: 2 * weight * real."""
    return (weight * real**2).flatten(1).sum(1)


def test_penalty_is_the_formula(assert_agrees):
    rng = np.random.default_rng(0)
    real, weight = rng.normal(size=(3, 2, 2, 2)), rng.normal(size=(2, 2, 2))

    def formula(real, weight):
        slope = 2 * weight * real
        return GAMMA / 2 * (slope**2).sum() / 3

    def loss(real, weight):
        # full_precision leaves float64 as it is.
        return R1Penalty(GAMMA)(logits(real, weight), real, 3)

    assert_agrees(loss, formula, real, weight)


def test_flat_discriminator_costs_nothing():
    real = torch.randn(4, 2, 3, 3, requires_grad=True)
    assert R1Penalty()(0 * real.sum((1, 2, 3)), real, 4) == 0


def test_no_roi_costs_nothing():
    real = torch.randn(0, 2, 3, 3, requires_grad=True)
    value = R1Penalty()(logits(real, torch.ones(2, 3, 3)), real, 1)
    assert value == 0 and value.isfinite()


@pytest.mark.parametrize('noise_std', [0.0, 0.5])
def test_it_flattens_the_discriminator_around_real_features(
    build_sodgan, batch, noise_std
):
    slopes = []
    for weight in (0.0, 10.0):
        options = {
            'model.composite_loss.r1': dict(loss_weight=weight),
            'model.discriminator.noise_std': noise_std,
            'model.discriminator.spectral_norm': False,
        }
        model = build_sodgan(options)
        with torch.no_grad():
            _, pair = model(**model.data_preprocessor(batch(), True), mode='pair')
        pair = pair._replace(hr_feats=pair.feats + 1)
        optimizer = torch.optim.Adam(model.discriminator.parameters(), lr=0.01)
        for _ in range(20):
            losses = model.composite_loss.discriminator_losses(
                model.discriminator, pair
            )
            optimizer.zero_grad()
            sum(v for k, v in losses.items() if 'loss' in k).backward()
            optimizer.step()
        assert ('loss_d_r1' in losses) is (weight > 0)
        real = pair.hr_feats.clone().requires_grad_()
        total = model.discriminator.eval()(real).logits.sum()
        slopes.append(torch.autograd.grad(total, real)[0].norm().item())
    assert slopes[1] < 0.3 * slopes[0]


def test_it_is_refused_without_the_term_that_it_penalises(build_sodgan):
    options = {'model.composite_loss.adv': None, 'model.composite_loss.r1': dict()}
    with pytest.raises(ValueError, match=r'composite_loss\.r1 .* no adv term'):
        build_sodgan(options)
