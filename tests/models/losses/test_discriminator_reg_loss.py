import numpy as np
import pytest
import torch

from mmdet_sodgan.models import DiscriminatorRegLoss

RNG = np.random.default_rng(0)
DELTAS = RNG.normal(0, 1.5, (6, 4))
TARGETS = RNG.normal(0, 1.5, (6, 4))
POSITIVE = np.array([True, False, True, True, False, False])


@pytest.mark.parametrize('beta', [1.0, 0.25])
def test_agrees_with_the_formula(assert_agrees, beta):
    loss = DiscriminatorRegLoss(beta=beta, loss_weight=0.3)

    def formula(deltas, targets, positive):
        total = 0.0
        for i in range(len(deltas)):
            for j in range(4):
                error = abs(deltas[i, j] - targets[i, j])
                if positive[i]:
                    square = error < beta
                    total += error**2 / (2 * beta) if square else error - beta / 2
        return total / 6

    # Both pieces of smooth L1 are in use.
    errors = np.abs(DELTAS - TARGETS)[POSITIVE]
    assert (errors < beta).any() and (errors > beta).any()
    # D's own loss has no weight, what G receives has.
    for weight, forward in ((1.0, loss.discriminator_loss), (0.3, loss)):
        assert_agrees(
            lambda x, y, p, forward=forward: forward(x, y, p, 6.0),
            lambda x, y, p, weight=weight: weight * formula(x, y, p),
            DELTAS,
            TARGETS,
            POSITIVE,
        )


def test_negatives_neither_cost_nor_take_a_gradient():
    deltas = torch.from_numpy(DELTAS).requires_grad_()
    positive = torch.from_numpy(POSITIVE)
    DiscriminatorRegLoss()(deltas, torch.from_numpy(TARGETS), positive, 6.0).backward()
    rows = deltas.grad.abs().sum(1)
    assert (rows[positive] > 0).all() and (rows[~positive] == 0).all()


@pytest.mark.parametrize('count', [0, 5])
def test_no_positive_costs_nothing(count):
    loss = DiscriminatorRegLoss()
    positive = torch.zeros(count, dtype=torch.bool)
    assert loss(torch.ones(count, 4), torch.zeros(count, 4), positive, 1.0) == 0
