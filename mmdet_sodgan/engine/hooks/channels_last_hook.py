import torch
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep the weights of 2-D convolutions in the channels-last layout.

    PyTorch's convolutions then compute and hand on feature maps in that
    layout, whichever the input's; values stay the same up to the order of
    summation. Nothing else in the config changes.

    Warning:
        mmcv's RoIAlign reads such maps as if they were contiguous, without an
        error, and the detector learns nothing. Take :class:`SODGANRoIHead`,
        also for a baseline, which hands it contiguous ones.
    """

    # Before anything that wraps or copies the weights.
    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Convert the model in place, before training, validation or test."""
        runner.model.to(memory_format=torch.channels_last)
