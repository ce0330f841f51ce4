import math

import torch
from mmdet.registry import HOOKS
from mmengine.dist import all_gather_object, all_reduce, is_distributed
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...utils.errors import UserError

ACTIONS = ('warn', 'stop')


class GANFailureError(UserError, RuntimeError):
    """The training went wrong, in one sentence."""


@HOOKS.register_module()
class GANWatchHook(Hook):
    """Notice how a GAN fails, and name the term.

    Two things are looked at after every iteration, in the numbers that mmengine
    has fetched from the device for its log:

    - a loss that is NaN or infinite;
    - a discriminator that is right about everything: ``d_real`` at least
      ``confidence`` and ``d_fake`` at most ``1 - confidence`` for ``patience``
      updates of D in a row, where the original GAN's gradient vanishes (Arjovsky
      and Bottou, arXiv 1701.04862, theorem 2.4).

    Args:
        action (str): 'warn' writes a warning to the log, once an epoch for each
            term. 'stop' ends the training with GANFailureError before a
            checkpoint of that iteration is written.
        confidence (float): Mean probability from which on D counts as right.
        patience (int): Updates of D in a row; a resumed training counts anew.

    Raises:
        ValueError: An argument outside its range.
    """

    # After GANScheduleHook has set the schedule, before anything is saved.
    priority = 'ABOVE_NORMAL'

    def __init__(
        self, action: str = 'warn', confidence: float = 0.99, patience: int = 500
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(
                f"GANWatchHook.action is '{action}'; choose one of {list(ACTIONS)}."
            )
        if not 0.5 < confidence <= 1 or patience < 1:
            raise ValueError(
                f'GANWatchHook.confidence and patience are {confidence} and '
                f'{patience}; give a value in (0.5, 1] and at least 1.'
            )
        self.action = action
        self.confidence = confidence
        self.patience = patience
        self._right = 0
        self._told: set[str] = set()

    def before_train_epoch(self, runner: Runner) -> None:
        """Let each term be warned of once more in the new epoch."""
        self._told.clear()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Look at the losses and at D, and act.

        Raises:
            GANFailureError: Something was found and the action is 'stop'.
        """
        scalars = runner.message_hub.log_scalars
        values = {key: scalars[f'train/{key}'].current() for key in outputs}
        found = self._find_broken(values) | self._find_won(values)
        if self.action == 'warn':
            self._warn(runner, found)
        elif found := _share(found):
            raise GANFailureError(
                f'GANWatchHook stopped the training at iteration {runner.iter + 1}: '
                f'{"; ".join(found.values())}. The last checkpoint is from before; '
                'lower the learning rate or the weight of the term.'
            )

    def _find_broken(self, values: dict[str, float]) -> dict[str, str]:
        return {
            key: f'{key} is {value}'
            for key, value in values.items()
            # 'loss' is the sum of the others.
            if key != 'loss' and not math.isfinite(value)
        }

    def _find_won(self, values: dict[str, float]) -> dict[str, str]:
        if 'd_real' not in values:
            return {}
        real, fake = values['d_real'], values['d_fake']
        right = real >= self.confidence and fake <= 1 - self.confidence
        self._right = self._right + 1 if right else 0
        if self._right < self.patience:
            return {}
        return dict(
            d_real=f'd_real is {real:.4f} and d_fake {fake:.4f} after {self._right} '
            'updates in which D was right'
        )

    def _warn(self, runner: Runner, found: dict[str, str]) -> None:
        for key in found.keys() - self._told:
            runner.logger.warning(
                f'GANWatchHook, iteration {runner.iter + 1}: {found[key]}.'
            )
        self._told |= found.keys()


def _share(found: dict[str, str]) -> dict[str, str]:
    """Share what any process has found, so that all stop together."""
    if not is_distributed():
        return found
    some = torch.tensor(float(bool(found)))
    all_reduce(some, 'max')
    if not some:
        return found
    return {k: v for one in all_gather_object(found) for k, v in one.items()}
