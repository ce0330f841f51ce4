import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn as nn


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Look at a model in training and leave no trace.

    Inside, the model is in evaluation mode and nothing takes a gradient.
    Afterwards each module has its own mode again, and the random generators of
    Python, NumPy and torch (CPU and the model's device) go on as if nothing had
    been drawn.

    Args:
        model (nn.Module): The model.
    """
    modes = [(module, module.training) for module in model.modules()]
    python_state, numpy_state = random.getstate(), np.random.get_state()
    device = next(model.parameters()).device
    devices = [device] if device.type == 'cuda' else []
    model.eval()
    try:
        with torch.random.fork_rng(devices), torch.no_grad():
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        # Not train(), which would also switch what was left in evaluation mode.
        for module, training in modes:
            module.training = training
