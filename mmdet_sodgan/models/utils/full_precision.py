import torch
from torch import Tensor


def full_precision(x: Tensor) -> Tensor:
    """Raise the half types to float32 and leave the others as they are.

    Args:
        x (Tensor): Floating point, any shape.

    Returns:
        Tensor: In float32 or float64.
    """
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
