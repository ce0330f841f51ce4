import numpy as np
import pytest
import torch

from mmdet_sodgan.models.losses import masked_mean as module


def test_equals_numpys_mean_of_the_selected():
    values = np.random.default_rng(0).normal(size=(2, 4, 5))
    mask = values > 0.3
    found = module.masked_mean(torch.from_numpy(values), torch.from_numpy(mask))
    np.testing.assert_allclose(found.item(), values[mask].mean(), rtol=1e-12)


def test_empty_mask_gives_zero_with_a_gradient():
    values = torch.rand(1, 4, 5, requires_grad=True)
    mean = module.masked_mean(values, torch.zeros(1, 4, 5, dtype=torch.bool))
    mean.backward()
    assert mean == 0 and (values.grad == 0).all()


def test_count_is_the_mean_over_the_processes(monkeypatch):
    # The other process has three times as many positions.
    monkeypatch.setattr(module, 'reduce_mean', lambda count: (count + 3 * count) / 2)
    ones = torch.ones(1, 4, 5)
    assert module.masked_mean(ones, ones.bool()).item() == pytest.approx(0.5)
