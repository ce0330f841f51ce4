import itertools
from collections.abc import Callable, Sequence

import torch.nn as nn
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn


class _Part(nn.Module):
    """A part of a detector that is run by running the detector."""

    def __init__(self, part: nn.Module, run: Callable[[dict], None]) -> None:
        super().__init__()
        self.part = part
        self.run = run

    def forward(self, data: dict) -> None:
        self.run(data)


@HOOKS.register_module()
class PreciseBNHook(Hook):
    """Measure the statistics of batch normalisation anew when training ends.

    The running mean and variance that BatchNorm keeps are those of the last ten
    batches or so. Where batches are small and images differ from each other more
    than within themselves, that is a poor sample: the generator's first layers
    see raw pixels, and with four images a batch their variance was off by 60 %,
    which cost the whole detector 4 points of AP (docs/experiments.md, section 7).
    Here they become the mean over many batches (precise BN: Wu and Johnson,
    arXiv 2105.07576), measured as prediction will use them, the rest of the
    detector in evaluation mode.

    It runs after the last epoch, before the checkpoint is written. Layers are
    measured on each process's own share of the data.

    Args:
        parts (Sequence[str]): Children of the detector whose layers are measured;
            those that it has not, or that have no BatchNorm, are left out.
        num_batches (int): Training batches that are looked at, or all if there
            are fewer.

    Raises:
        ValueError: ``num_batches`` is below 1.
    """

    # Before CheckpointHook.
    priority = 'NORMAL'

    def __init__(
        self, parts: Sequence[str] = ('generator',), num_batches: int = 100
    ) -> None:
        if num_batches < 1:
            raise ValueError(
                f'PreciseBNHook.num_batches is {num_batches}; it must be at least 1.'
            )
        self.parts = parts
        self.num_batches = num_batches

    def after_train_epoch(self, runner: Runner) -> None:
        """Measure, where the training ends."""
        if runner.epoch + 1 < runner.max_epochs:
            return
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        children = dict(model.named_children())
        parts = nn.ModuleList(children[x] for x in self.parts if x in children)
        if not any(isinstance(module, _BatchNorm) for module in parts.modules()):
            return

        def run(data: dict) -> None:
            inputs = model.data_preprocessor(data, True)['inputs']
            model.extract_feat(inputs)

        training = model.training
        model.eval()
        batches = itertools.islice(iter(runner.train_dataloader), self.num_batches)
        # In training mode are the parts alone.
        update_bn(batches, _Part(parts, run))
        model.train(training)
        print_log(
            f'BatchNorm of {", ".join(self.parts)} measured on up to '
            f'{self.num_batches} batches.',
            logger='current',
        )
