import math

import torch
from mmdet.registry import HOOKS
from mmengine.dist import all_gather_object, all_reduce, is_distributed
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from ...utils.errors import UserError
from ..unwrap_model import unwrap_model

ACTIONS = ('warn', 'stop', 'cool_down')
GRADIENT = 'grad_norm_adversarial'


class GANFailureError(UserError, RuntimeError):
    """The training went wrong, in one sentence."""


@HOOKS.register_module()
class GANWatchHook(Hook):
    """Notice how a GAN fails, and name the term.

    Three things are looked at after every iteration, in the numbers that mmengine
    has fetched from the device for its log:

    - a loss that is NaN or infinite;
    - a discriminator that is right about everything: ``d_real`` at least
      ``confidence`` and ``d_fake`` at most ``1 - confidence`` for ``patience``
      updates of D in a row, where the original GAN's gradient vanishes (Arjovsky
      and Bottou, arXiv 1701.04862, theorem 2.4);
    - the gradient that G receives through D: its norm over the RoI features
      ``(m, C', k, k)`` above ``max_gradient``.

    Args:
        action (str): 'warn' writes a warning to the log, once an epoch for each
            term. 'stop' ends the training with GANFailureError before a
            checkpoint of that iteration is written. 'cool_down' sets the
            adversarial weight to 0 for a while; as that heals no weight that is
            NaN already, a loss that is not finite stops the training.
        max_gradient (float): Bound of the gradient's norm.
        confidence (float): Mean probability from which on D counts as right.
        patience (int): Updates of D in a row.
        cool_down (int): Iterations without the adversarial terms; then the
            schedule's weight holds again.

    Raises:
        ValueError: An argument outside its range.
    """

    # After GANScheduleHook has set the schedule, before anything is saved.
    priority = 'ABOVE_NORMAL'

    def __init__(
        self,
        action: str = 'warn',
        max_gradient: float = 10.0,
        confidence: float = 0.99,
        patience: int = 500,
        cool_down: int = 500,
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(
                f"GANWatchHook.action is '{action}'; choose one of {list(ACTIONS)}."
            )
        if max_gradient <= 0 or not 0.5 < confidence <= 1:
            raise ValueError(
                f'GANWatchHook.max_gradient and confidence are {max_gradient} and '
                f'{confidence}; give a positive bound and a value in (0.5, 1].'
            )
        if patience < 1 or cool_down < 1:
            raise ValueError(
                f'GANWatchHook.patience and cool_down are {patience} and {cool_down}; '
                'both must be at least 1.'
            )
        self.action = action
        self.max_gradient = max_gradient
        self.confidence = confidence
        self.patience = patience
        self.cool_down = cool_down
        self._gradient: Tensor | None = None
        self._told: set[str] = set()

    def before_train(self, runner: Runner) -> None:
        """Begin to listen, or go on where a resumed run was."""
        # In the message hub, which checkpoints hold.
        self._state = dict(updates_right=0, cool_until=0)
        if runner.iter > 0:
            self._state |= runner.message_hub.runtime_info.get('gan_watch', {})
        discriminator = getattr(unwrap_model(runner.model), 'discriminator', None)
        if discriminator is not None:
            discriminator.register_forward_pre_hook(self._watch_gradient)

    def before_train_epoch(self, runner: Runner) -> None:
        """Let each term be warned of once more in the new epoch."""
        self._told.clear()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None):
        """Take the adversarial terms out while cooling down."""
        if runner.iter < self._state['cool_until']:
            model = unwrap_model(runner.model)
            model.gan_schedule = model.gan_schedule._replace(adversarial=0.0)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Look at the losses, at D and at the gradient, and act.

        Raises:
            GANFailureError: With action 'stop', or a loss that is not finite
                with 'cool_down'.
        """
        scalars = runner.message_hub.log_scalars
        values = {key: scalars[f'train/{key}'].current() for key in outputs}
        if self._gradient is not None:
            values[GRADIENT], self._gradient = self._gradient.item(), None
        broken = self._find_broken(values)
        cooling = runner.iter < self._state['cool_until']
        strained = {} if cooling else self._find_strained(values)
        if self.action == 'warn':
            self._warn(runner, broken | strained)
        else:
            self._act(runner, *_share(broken, strained))
        runner.message_hub.update_info('gan_watch', dict(self._state))

    def _find_broken(self, values: dict[str, float]) -> dict[str, str]:
        return {
            key: f'{key} is {value}'
            for key, value in values.items()
            # 'loss' is the sum of the others.
            if key != 'loss' and not math.isfinite(value)
        }

    def _find_strained(self, values: dict[str, float]) -> dict[str, str]:
        found = {}
        if 'd_real' in values:
            real, fake = values['d_real'], values['d_fake']
            right = real >= self.confidence and fake <= 1 - self.confidence
            self._state['updates_right'] = (
                self._state['updates_right'] + 1 if right else 0
            )
            if self._state['updates_right'] >= self.patience:
                found['d_real'] = (
                    f'd_real is {real:.4f} and d_fake {fake:.4f} after '
                    f'{self._state["updates_right"]} updates in which D was right'
                )
        if self.max_gradient < values.get(GRADIENT, 0) < math.inf:
            found[GRADIENT] = (
                f'{GRADIENT} is {values[GRADIENT]:.3g}, above '
                f'max_gradient={self.max_gradient:.3g}'
            )
        return found

    def _warn(self, runner: Runner, found: dict[str, str]) -> None:
        for key in found.keys() - self._told:
            runner.logger.warning(
                f'GANWatchHook, iteration {runner.iter + 1}: {found[key]}.'
            )
        self._told |= found.keys()

    def _act(
        self, runner: Runner, broken: dict[str, str], strained: dict[str, str]
    ) -> None:
        if broken or strained and self.action == 'stop':
            raise GANFailureError(
                f'GANWatchHook stopped the training at iteration {runner.iter + 1}: '
                f'{"; ".join((broken | strained).values())}. The last checkpoint is '
                'from before; lower the learning rate or the weight of the term.'
            )
        if strained:
            self._state |= dict(
                updates_right=0, cool_until=runner.iter + 1 + self.cool_down
            )
            self._warn(runner, strained)

    def _watch_gradient(self, module: nn.Module, args: tuple) -> tuple | None:
        (features,) = args
        # In D's own update it is in training mode.
        if module.training or not features.requires_grad:
            return None
        # This is a node of its own: the detector's gradient does not pass here.
        features = features.view_as(features)
        features.register_hook(self._keep_norm)
        return (features,)

    def _keep_norm(self, gradient: Tensor) -> None:
        self._gradient = gradient.detach().float().norm()


def _share(*found: dict[str, str]) -> list[dict[str, str]]:
    """Share what any process has found, so that all do the same."""
    if not is_distributed():
        return list(found)
    some = torch.tensor(float(any(found)))
    all_reduce(some, 'max')
    if not some:
        return list(found)
    shared = all_gather_object(found)
    return [{k: v for one in shared for k, v in one[i].items()} for i in range(2)]
