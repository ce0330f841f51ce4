import numpy as np
import pytest
import torch

from mmdet_sodgan.models import AdversarialLoss

MODES = ('vanilla', 'non_saturating')
REAL = np.array([-2.3, -0.7, 0.4, 1.6, 3.1])
FAKE = np.array([-3.2, -1.4, -0.2, 0.9, 2.5])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


GENERATOR = dict(
    vanilla=lambda fake: np.log(1 - sigmoid(fake)),
    non_saturating=lambda fake: -np.log(sigmoid(fake)),
)


def discriminator_formula(real, fake):
    return -np.log(sigmoid(real)), -np.log(1 - sigmoid(fake))


@pytest.mark.parametrize('mode', MODES)
def test_generator_loss_agrees_with_the_formula(assert_agrees, mode):
    loss = AdversarialLoss(mode=mode, loss_weight=0.3)
    assert_agrees(
        lambda fake: loss(fake, 4.0),
        lambda fake: 0.3 * GENERATOR[mode](fake).sum() / 4,
        FAKE,
    )


def test_discriminator_loss_agrees_with_the_formula(assert_agrees):
    # D's own objective ignores loss_weight.
    loss = AdversarialLoss(loss_weight=0.3)
    for part in (0, 1):
        assert_agrees(
            lambda real, fake, part=part: (
                loss.discriminator_loss(real, fake, 4.0)[part]
                # Each part has a gradient, be it zero, for both inputs.
                + 0 * (real.sum() + fake.sum())
            ),
            lambda real, fake, part=part: (
                discriminator_formula(real, fake)[part].sum() / 4
            ),
            REAL,
            FAKE,
        )


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_certain_discriminator_gives_finite_losses_in_half_precision(mode, dtype):
    loss = AdversarialLoss(mode=mode, loss_weight=1.0)
    logits = torch.tensor([-80.0, 80.0], dtype=dtype, requires_grad=True)
    total = loss(logits, 2.0) + sum(loss.discriminator_loss(logits, logits, 2.0))
    total.backward()
    assert total.dtype == torch.float32
    assert total.isfinite() and logits.grad.isfinite().all()


@pytest.mark.parametrize('mode', MODES)
def test_no_samples_cost_nothing(mode):
    loss = AdversarialLoss(mode=mode)
    empty = torch.zeros(0, requires_grad=True)
    real, fake = loss.discriminator_loss(empty, empty, 1.0)
    assert loss(empty, 1.0) == 0 and real == 0 and fake == 0


def test_unknown_mode_is_named_with_the_choices():
    with pytest.raises(ValueError, match=r"mode is 'wgan'; choose one of .*'vanilla'"):
        AdversarialLoss(mode='wgan')
