import torch
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class WeightAverageHook(Hook):
    """End a training with the mean of its last weights.

    The mean over the last iterations differs less from seed to seed than the weights
    of one of them (stochastic weight averaging: Izmailov et al., UAI 2018). It takes
    their place after the last iteration, so that all that follows has it: the
    evaluation at the end, the last checkpoint and what starts from that. It is of what
    learns; statistics of BatchNorm belong to other weights then, so measure them anew
    (:class:`PreciseBNHook` over all parts).

    Args:
        begin (float): Progress of the training from which weights count, 0 to below 1.

    Raises:
        ValueError: ``begin`` lies outside.
    """

    # Before PreciseBNHook and whatever writes checkpoints.
    priority = 'ABOVE_NORMAL'

    def __init__(self, begin: float = 2 / 3) -> None:
        if not 0 <= begin < 1:
            raise ValueError(
                f'WeightAverageHook.begin is {begin}; give 0 or more and below 1.'
            )
        self.begin = begin
        self._count = 0
        self._mean: dict[str, Tensor] = {}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Take up the mean of an interrupted training."""
        found = checkpoint.get('weight_average', dict(count=0, mean={}))
        self._count, self._mean = found['count'], found['mean']

    def before_train(self, runner: Runner) -> None:
        """Forget the mean of another training, whose weights this one starts from."""
        if runner.iter == 0:
            self._count, self._mean = 0, {}
        weights = self._weights(runner)
        self._mean = {k: v.to(weights[k].device) for k, v in self._mean.items()}

    @torch.no_grad()
    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Move the mean; after the last iteration put it into the detector."""
        if runner.iter < self.begin * runner.max_iters:
            return
        weights = self._weights(runner)
        self._mean = self._mean or {k: w.clone() for k, w in weights.items()}
        self._count += 1
        for name, weight in weights.items():
            self._mean[name].lerp_(weight, 1 / self._count)
        if runner.iter + 1 == runner.max_iters:
            for name, weight in weights.items():
                weight.copy_(self._mean[name])
            self._count, self._mean = 0, {}

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keep the mean for a resume; at the end the weights are it."""
        if self._mean:
            checkpoint['weight_average'] = dict(count=self._count, mean=self._mean)

    @staticmethod
    def _weights(runner: Runner) -> dict[str, Tensor]:
        named = unwrap_model(runner.model).named_parameters()
        return {name: p.detach() for name, p in named if p.requires_grad}
