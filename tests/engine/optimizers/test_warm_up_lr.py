import pytest
import torch
from mmdet.registry import PARAM_SCHEDULERS

import mmdet_sodgan.registration  # noqa: F401


def learning_rates(iterations, **options):
    """Learning rate of each iteration, of which the last one is to be 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    cfg = dict(type='WarmUpLR', by_epoch=False, end=iterations, **options)
    scheduler = PARAM_SCHEDULERS.build(cfg, default_args=dict(optimizer=optimizer))
    rates = []
    for _ in range(iterations):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    'iterations, whole', [(3, 0), (16, 0), (20, 1), (360, 35), (8000, 499)]
)
def test_a_tenth_of_the_training_at_most_is_warm_up(iterations, whole):
    rates = learning_rates(iterations)
    assert [i for i, rate in enumerate(rates) if rate < 0.9999] == list(range(whole))
    assert rates[0] == pytest.approx(0.001 if whole else 1.0)


def test_longest_warm_up_and_its_start_are_options():
    rates = learning_rates(8000, max_length=100, start_factor=0.5)
    assert rates[0] == 0.5 and rates[98] < 0.9999 < rates[99]
