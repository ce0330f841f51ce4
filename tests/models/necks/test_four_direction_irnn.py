import numpy as np
import torch

from mmdet_sodgan.models.necks.four_direction_irnn import FourDirectionIRNN


def recurrence(weight, x, step_row, step_column):
    """One direction, a position at a time, from where the sweep begins."""
    _, height, width = x.shape
    rows = range(height) if step_row >= 0 else range(height - 1, -1, -1)
    columns = range(width) if step_column >= 0 else range(width - 1, -1, -1)
    state = np.zeros_like(x)
    for i in rows:
        for j in columns:
            before = i - step_row, j - step_column
            last = np.zeros(len(x))
            if 0 <= before[0] < height and 0 <= before[1] < width:
                last = state[:, before[0], before[1]]
            state[:, i, j] = np.maximum(weight @ last + x[:, i, j], 0)
    return state


def test_states_follow_the_recurrence_in_four_directions():
    irnn = FourDirectionIRNN(3)
    torch.nn.init.normal_(irnn.weight)
    x = torch.randn(2, 3, 4, 5)
    found = irnn(x).detach().numpy().reshape(2, 4, 3, 4, 5)
    # From left, top, right and bottom: rows and columns that a step goes on by.
    steps = (0, 1), (1, 0), (0, -1), (-1, 0)
    for image, states in zip(x.double().numpy(), found, strict=True):
        for weight, state, step in zip(irnn.weight, states, steps, strict=True):
            expected = recurrence(weight.detach().double().numpy(), image, *step)
            np.testing.assert_allclose(state, expected, rtol=1e-4, atol=1e-5)


def test_recurrent_weights_start_as_the_identity():
    """Then a run of positive numbers is their sum."""
    x = torch.rand(1, 2, 1, 6)
    torch.testing.assert_close(FourDirectionIRNN(2)(x)[:, :2], x.cumsum(-1))
