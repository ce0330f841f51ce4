import numpy as np
import torch

from mmdet_sodgan.models import DiscriminatorClsLoss

LOGITS = np.random.default_rng(0).normal(0, 2, (6, 4))
LABELS = np.array([0, 3, 1, 2, 3, 0])


def test_agrees_with_the_formula(assert_agrees):
    loss = DiscriminatorClsLoss(loss_weight=0.3)

    def formula(logits, labels):
        probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return -np.log(probability[np.arange(len(labels)), labels]).sum() / 5

    # D's own loss has no weight, what G receives has.
    for weight, forward in ((1.0, loss.discriminator_loss), (0.3, loss)):
        assert_agrees(
            lambda x, y, forward=forward: forward(x, y, 5.0),
            lambda x, y, weight=weight: weight * formula(x, y),
            LOGITS,
            LABELS,
        )


def test_no_samples_cost_nothing():
    loss = DiscriminatorClsLoss()
    assert loss(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), 1.0) == 0


def test_half_precision_is_computed_in_single():
    logits = torch.tensor([[60.0, -60.0]], dtype=torch.bfloat16)
    value = DiscriminatorClsLoss(loss_weight=1.0)(logits, torch.tensor([1]), 1.0)
    assert value.dtype == torch.float32 and value == 120
