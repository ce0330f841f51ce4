import copy
import itertools
from collections.abc import Callable, Iterable, Sequence

import torch.nn as nn
from mmdet.registry import HOOKS
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn

from ..unwrap_model import unwrap_model


class _NothingToMeasureError(Exception):
    """A part was called with an empty batch."""


class _Layers(nn.Module):
    """Layers of a detector that are run by running the detector."""

    def __init__(
        self, layers: Iterable[nn.Module], run: Callable[[dict], None]
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.run = run

    def forward(self, data: dict) -> None:
        hooks = [x.register_forward_pre_hook(_refuse_nothing) for x in self.layers]
        try:
            self.run(data)
        except _NothingToMeasureError:
            # BatchNorm would count the batch and learn nothing from it.
            pass
        finally:
            for hook in hooks:
                hook.remove()


def _refuse_nothing(module: nn.Module, args: tuple) -> None:
    if any(isinstance(x, Tensor) and len(x) == 0 for x in args):
        raise _NothingToMeasureError


@HOOKS.register_module()
class PreciseBNHook(Hook):
    """Measure the statistics of batch normalisation anew when training ends.

    The running mean and variance that BatchNorm keeps are those of the last ten
    batches or so. Where batches are small and images differ from each other more
    than within themselves, that is a poor sample: the generator's first layers
    see raw pixels, and with four images a batch their variance was off by 60 %,
    which cost the whole detector 4 points of AP (docs/lab_notes/experiments.md,
    section 7). Here they become the mean over many batches (precise BN: Wu and
    Johnson, arXiv 2105.07576), measured as prediction will use them, with the rest
    of the detector in evaluation mode.

    It runs after the last epoch, before the checkpoint is written. Of several
    processes the first one's measurement holds. Batches without anything for a
    part (no small RoI for a generator on RoIs) do not count. Layers that no batch
    reaches keep what they have, as do those that learn no statistics in training
    either (``norm_eval``, ``frozen_stages``), which are not counted.

    Args:
        parts (Sequence[str]): Children of the detector whose layers are measured;
            those that it has not, or that have no BatchNorm, are left out.
        num_batches (int): Training batches that are looked at, or all if there
            are fewer.

    Raises:
        ValueError: ``num_batches`` is below 1, or the training counts iterations
            and not epochs.
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

    def before_train(self, runner: Runner) -> None:
        """Refuse a training whose last checkpoint would come too early."""
        if self._learning(self._find_parts(runner)) and isinstance(
            runner.train_loop, IterBasedTrainLoop
        ):
            raise ValueError(
                'PreciseBNHook measures when the last epoch ends, but train_cfg counts '
                'iterations; set train_cfg.by_epoch=True, or give the generator '
                "another norm_cfg, such as dict(type='GN', num_groups=8)."
            )

    def after_train_epoch(self, runner: Runner) -> None:
        """Measure, where the training ends."""
        if runner.epoch + 1 < runner.max_epochs:
            return
        model, parts = unwrap_model(runner.model), self._find_parts(runner)
        training = model.training
        model.eval()
        layers = self._learning(parts)
        if layers:
            self._measure(runner, layers)
            for buffer in parts.buffers():
                broadcast(buffer, 0)
        model.train(training)

    def _measure(self, runner: Runner, layers: dict[str, nn.Module]) -> None:
        model = unwrap_model(runner.model)

        def run(data: dict) -> None:
            data = model.data_preprocessor(data, True)
            # With proposals and RoIs, on which a generator may work, too.
            model(data['inputs'], data['data_samples'], mode='tensor')

        before = {name: copy.deepcopy(m.state_dict()) for name, m in layers.items()}
        batches = itertools.islice(iter(runner.train_dataloader), self.num_batches)
        update_bn(batches, _Layers(layers.values(), run))
        unseen = [name for name, m in layers.items() if not m.num_batches_tracked]
        for name in unseen:
            layers[name].load_state_dict(before[name])
        print_log(
            f'PreciseBNHook measured {len(layers) - len(unseen)} of {len(layers)} '
            f'BatchNorm layers of {", ".join(self.parts)}.',
            logger='current',
        )

    def _find_parts(self, runner: Runner) -> nn.ModuleList:
        children = dict(unwrap_model(runner.model).named_children())
        return nn.ModuleList(children[x] for x in self.parts if x in children)

    @staticmethod
    def _learning(parts: nn.ModuleList) -> dict[str, nn.Module]:
        """Put the parts into training mode, and find the layers that follow.

        update_bn resets all that it is given, also those that would not learn anew.
        """
        parts.train()
        layers = (x for x in parts.named_modules() if isinstance(x[1], _BatchNorm))
        return {name: layer for name, layer in layers if layer.training}
