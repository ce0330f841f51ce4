import torch.nn as nn
from mmengine.model import is_model_wrapper


def unwrap_model(model: nn.Module) -> nn.Module:
    """Return the detector itself, out of its wrapper for distributed training if any.

    Args:
        model (nn.Module): A detector or a wrapper of one.
    """
    return model.module if is_model_wrapper(model) else model
