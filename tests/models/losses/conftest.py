"""Comparison of a loss with an independent NumPy formula."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

STEP = 1e-5


def _central_differences(formula: Callable, arrays: list, index: int) -> np.ndarray:
    gradient = np.zeros_like(arrays[index])
    for position in np.ndindex(gradient.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = [array.copy() for array in arrays]
            moved[index][position] += step
            sides.append(formula(*moved))
        gradient[position] = (sides[0] - sides[1]) / (2 * STEP)
    return gradient


@pytest.fixture
def assert_agrees() -> Callable:
    """Check value and gradient to 1e-6.

    ``loss`` takes tensors and ``formula`` arrays, both the given ones, of
    which all of floating point must carry the formula's gradient.
    """

    def check(loss: Callable, formula: Callable, *arrays: np.ndarray) -> None:
        arrays = list(arrays)
        tensors = [torch.from_numpy(array.copy()) for array in arrays]
        wanted = [i for i, x in enumerate(tensors) if x.is_floating_point()]
        for i in wanted:
            tensors[i].requires_grad_()
        value = loss(*tensors)
        assert value.dtype == torch.float64 and value.shape == ()
        np.testing.assert_allclose(value.item(), formula(*arrays), rtol=0, atol=1e-6)
        gradients = torch.autograd.grad(value, [tensors[i] for i in wanted])
        for i, gradient in zip(wanted, gradients, strict=True):
            np.testing.assert_allclose(
                gradient.numpy(),
                _central_differences(formula, arrays, i),
                rtol=0,
                atol=1e-6,
            )

    return check
