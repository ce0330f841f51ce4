import copy

import torch
from mmdet.registry import HOOKS
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class SubspaceStartHook(Hook):
    """Let a generator whose result is narrow start from the detector's own features.

    Its first layer and its last become the principal axes of z_LR in the first batch,
    so that z_SR starts as the enlarged z_LR, less what few channels cannot hold; from
    random axes the box head would have to learn to read anew. It acts where the
    generator is ``untrained`` and has a ``start_from``; one that comes trained with
    ``load_from`` stays. Of several processes the first one's batch counts.
    """

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Measure, before the first iteration of all."""
        model = unwrap_model(runner.model)
        generator = getattr(model, 'generator', None)
        if runner.iter > 0 or not getattr(generator, 'untrained', False):
            return
        # The degradation draws again what it draws here.
        with torch.random.fork_rng(devices=[]):
            # The preprocessor scales boxes in place.
            data = model.data_preprocessor(copy.deepcopy(data_batch), True)
        training = model.training
        model.eval()
        with torch.no_grad():
            generator.start_from(model.ordinary_levels(data['inputs'])[0])
        model.train(training)
        for parameter in generator.parameters():
            broadcast(parameter.data, 0)
