import torch
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep the weights of 2-D convolutions in the channels-last layout.

    PyTorch's convolutions then compute and hand on feature maps in that
    layout, whichever the input's; values stay the same up to the order of
    summation. Nothing else in the config changes.

    mmcv's own operators, such as RoIAlign, read a map in that layout as if it
    were contiguous, without an error, and the detector learns nothing: they
    get contiguous copies.
    """

    # Before anything that wraps or copies the weights.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Convert the model in place, before training, validation or test."""
        runner.model.to(memory_format=torch.channels_last)
        for module in runner.model.modules():
            if type(module).__module__.startswith('mmcv.ops.'):
                module.register_forward_pre_hook(_make_contiguous)


def _make_contiguous(module: nn.Module, args: tuple) -> tuple:
    return tuple(x.contiguous() if isinstance(x, Tensor) else x for x in args)
