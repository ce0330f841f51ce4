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

    mmcv's own operators read a map in that layout as if it were contiguous,
    without an error, and the detector learns nothing. Those that pool RoIs get
    contiguous copies here; deformable convolutions, which make such maps
    themselves, are refused.
    """

    # It runs before anything that wraps or copies the weights.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Convert the model in place, before training, validation or test.

        Raises:
            ValueError: The model has a deformable convolution of mmcv.
        """
        runner.model.to(memory_format=torch.channels_last)
        for module in runner.model.modules():
            origin = type(module).__module__
            if origin.startswith('mmcv.ops.') and 'deform_conv' in origin:
                raise ValueError(
                    f"mmcv's {type(module).__name__} misreads the channels-last "
                    'layout; take ChannelsLastHook out of custom_hooks.'
                )
            hooks = module._forward_pre_hooks.values()
            if origin.startswith('mmcv.ops.') and _make_contiguous not in hooks:
                module.register_forward_pre_hook(_make_contiguous)


def _make_contiguous(module: nn.Module, args: tuple) -> tuple:
    return tuple(x.contiguous() if isinstance(x, Tensor) else x for x in args)
