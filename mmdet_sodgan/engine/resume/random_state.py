import random

import numpy as np
import torch


def get_random_state() -> dict:
    """Take the state of the generators of Python, NumPy and torch (this device's).

    Returns:
        dict: Tensors, numbers and tuples alone, so that torch's restricted
        unpickler reads it.
    """
    _, words, *rest = np.random.get_state()
    state = dict(
        python=random.getstate(),
        numpy=(torch.from_numpy(words.astype(np.int64)), *rest),
        torch=torch.get_rng_state(),
    )
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Go on with the numbers after a state.

    Args:
        state (dict): From :func:`get_random_state`; its tensors may have been
            moved to a device.
    """
    random.setstate(state['python'])
    words, *rest = state['numpy']
    np.random.set_state(('MT19937', words.cpu().numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())
