import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn as nn
from mmdet.registry import OPTIM_WRAPPERS
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """bfloat16 autocast on CPU and CUDA.

    mmengine's ``AmpOptimWrapper`` wants an accelerator and scales the loss
    for float16. bfloat16 has the exponent range of float32, so there is
    nothing to scale and the same config runs on both devices. A CPU without
    instructions for it gets one warning: there a step takes many times as long.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast on top of the base class's gradient-sync context.

        Args:
            model (nn.Module): The module in training.
        """
        device = next(model.parameters()).device.type
        if device == 'cpu':
            _warn_if_emulated()
        with super().optim_context(model), torch.autocast(device, torch.bfloat16):
            yield


@functools.cache
def _warn_if_emulated() -> None:
    """Tell once that the CPU has no bfloat16; nothing else shows why it is slow."""
    # Older versions of torch do not say, and of other processors nothing is known here.
    found = getattr(torch.cpu, 'get_capabilities', dict)()
    if found.get('architecture') != 'x86_64':
        return
    if not found.get('avx512_bf16') and not found.get('amx_bf16'):
        print_log(
            'This CPU has no instructions for bfloat16 (AVX512_BF16, AMX) and emulates '
            'it. A step takes several times as long as in float32. Leave --amp out, '
            "or set type='OptimWrapper' of every optimizer wrapper in the config.",
            logger='current',
            level=logging.WARNING,
        )
