from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.logging import MessageHub
from mmengine.runner import Runner
from torch.nn.utils import get_total_norm

from ...models.detectors import check_optim_wrapper
from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class GradientNormHook(Hook):
    """Log how much of the generator group's gradient is G's own.

    The optimizer group 'generator' holds G and the detector, and its norm is in
    every log as ``grad_norm_generator``, D's as ``grad_norm_discriminator``. This
    hook adds ``grad_norm_g``, of the child ``generator`` alone, and
    ``grad_norm_detector``, of all else in the group: L2 norms of the gradient with
    which the optimizer steps, hence after clipping. Without clipping, their
    squares add up to that of ``grad_norm_generator``.
    """

    def before_train(self, runner: Runner) -> None:
        """Watch the optimizer.

        Raises:
            TypeError: The model has no generator, or a single optimizer wrapper.
        """
        model = unwrap_model(runner.model)
        if not hasattr(model, 'generator'):
            raise TypeError(
                f'GradientNormHook needs a detector with a generator but the model is '
                f'{type(model).__name__}; take the hook out of custom_hooks.'
            )
        check_optim_wrapper(runner.optim_wrapper)
        optimizer = runner.optim_wrapper['generator'].optimizer
        own = {id(p) for p in model.generator.parameters()}
        group = [p for g in optimizer.param_groups for p in g['params']]
        self._parts = {
            'g': [p for p in group if id(p) in own],
            'detector': [p for p in group if id(p) not in own],
        }
        # The wrapper clears the gradient right after the step.
        self._watch = optimizer.register_step_pre_hook(self._log)

    def after_train(self, runner: Runner) -> None:
        """Let go of the optimizer."""
        self._watch.remove()

    def _log(self, *_) -> None:
        hub = MessageHub.get_current_instance()
        for name, parameters in self._parts.items():
            norm = get_total_norm([p.grad for p in parameters if p.grad is not None])
            hub.update_scalar(f'train/grad_norm_{name}', float(norm))
