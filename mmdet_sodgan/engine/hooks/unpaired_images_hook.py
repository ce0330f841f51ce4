from collections.abc import Iterator
from itertools import count

import torch
from mmdet.registry import HOOKS
from mmengine.dataset import DefaultSampler
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...models.detectors import SODGAN
from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class UnpairedImagesHook(Hook):
    """Add unlabelled LR images without an HR partner to every batch of a training.

    They come from the config's ``unpaired_dataloader`` and are taken as a camera made
    them: nothing degrades them. D tells their RoIs from those of the HR images, and the
    adversarial loss through D is the only one of them; it trains generator, neck and
    backbone. Which images an iteration has, follows from its epoch and its number, also
    after a resume. Where no term goes through D, it reads none and says so.
    """

    # Before hooks that look at the batch.
    priority = 'HIGH'

    def __init__(self) -> None:
        self.dataloader = None

    def before_train(self, runner: Runner) -> None:
        """Make the loader.

        Raises:
            KeyError: The config has no ``unpaired_dataloader``.
            TypeError: The detector is no :class:`SODGAN`.
            ValueError: A term through D needs labels, or the loader has no batch or no
                order by epoch.
        """
        if 'unpaired_dataloader' not in runner.cfg:
            raise KeyError(
                'UnpairedImagesHook reads unpaired_dataloader, which the config does '
                'not have; add it, in the form of test_dataloader.'
            )
        model = unwrap_model(runner.model)
        if not isinstance(model, SODGAN):
            raise TypeError(
                f'model.type is {type(model).__name__}; UnpairedImagesHook needs '
                'SODGAN, whose RPN finds what D compares.'
            )
        labelled = {'cls', 'reg'} & model.composite_loss.terms.keys()
        if labelled:
            raise ValueError(
                f'model.composite_loss has {" and ".join(sorted(labelled))}, which '
                'unlabelled images have no target for; set their loss_weight to 0.'
            )
        if model.discriminator is None:
            runner.logger.warning(
                'UnpairedImagesHook reads no images: composite_loss.adv, through which '
                'they teach, is off.'
            )
            return
        loader = Runner.build_dataloader(
            runner.cfg.unpaired_dataloader, seed=runner.seed
        )
        if not isinstance(loader.sampler, DefaultSampler):
            raise ValueError(
                f'unpaired_dataloader.sampler is a {type(loader.sampler).__name__}; '
                "take type='DefaultSampler', whose order follows from the epoch."
            )
        if len(loader) == 0:
            raise ValueError(
                f'unpaired_dataloader has no batch: {len(loader.dataset)} images are '
                'left of its dataset; give it more, filter_cfg=None, which keeps '
                'images without objects, and drop_last=False.'
            )
        self.dataloader = loader

    def before_train_epoch(self, runner: Runner) -> None:
        """Begin the epoch's own order of the images."""
        if self.dataloader is not None:
            self._batches = self._endless(runner.epoch, runner.max_epochs)
            self._drawn = 0

    def after_train_epoch(self, runner: Runner) -> None:
        """End the loader's processes."""
        self._batches = None

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict
    ) -> None:
        """Put images into the batch.

        Args:
            runner (Runner): The training.
            batch_idx (int): Number of the batch in its epoch.
            data_batch (dict): It gets ``unpaired``.
        """
        # A run that was resumed in the middle of an epoch drops what it had seen.
        while self.dataloader is not None and self._drawn <= batch_idx:
            data_batch['unpaired'] = next(self._batches)
            self._drawn += 1

    def _endless(self, epoch: int, max_epochs: int) -> Iterator[dict]:
        for turn in count():
            self.dataloader.sampler.set_epoch(epoch + turn * max_epochs)
            # A loader draws a seed when it starts; after a resume it starts later.
            with torch.random.fork_rng(devices=[]):
                batches = iter(self.dataloader)
            yield from batches
