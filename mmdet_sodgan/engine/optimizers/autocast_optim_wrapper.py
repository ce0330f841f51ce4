from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn as nn
from mmdet.registry import OPTIM_WRAPPERS
from mmengine.optim import OptimWrapper


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """bfloat16 autocast on CPU and CUDA.

    mmengine's ``AmpOptimWrapper`` wants an accelerator and scales the loss
    for float16. bfloat16 has the exponent range of float32, so there is
    nothing to scale and the same config runs on both devices.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast on top of the base class's gradient-sync context.

        Args:
            model (nn.Module): The module in training.
        """
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, torch.bfloat16):
            yield
