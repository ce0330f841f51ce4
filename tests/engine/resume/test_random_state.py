import random

import numpy as np
import torch

from mmdet_sodgan.engine.resume.random_state import get_random_state, set_random_state


def draw():
    # An odd number of normal values leaves one half of a pair in the generator.
    return (
        random.gauss(0, 1),
        random.random(),
        np.random.randn(),
        np.random.rand(),
        torch.randn(3).tolist(),
    )


def test_numbers_after_a_state_come_again_from_a_checkpoint(tmp_path):
    draw()
    # As a checkpoint holds it, under torch's restricted unpickler.
    torch.save(get_random_state(), tmp_path / 'state.pth')
    expected = draw()
    assert draw() != expected
    set_random_state(torch.load(tmp_path / 'state.pth', weights_only=True))
    assert draw() == expected
