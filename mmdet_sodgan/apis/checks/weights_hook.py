import dataclasses

from mmengine.hooks import Hook
from mmengine.logging import MMLogger, print_log
from mmengine.model import BaseTTAModel
from mmengine.runner import Runner

from ...datasets.class_names import find_class_names
from ...engine.screen import ON_SCREEN
from ...engine.unwrap_model import unwrap_model
from ...utils.compare_weights import compare_weights, find_added
from ...utils.errors import AgreementError, CheckpointError


class WeightsHook(Hook):
    """Compare a checkpoint that is loaded with the detector.

    A training that starts from other weights (``load_from``) warns, as their head is
    often of other classes, and only tells which parts of a SODGAN a plain detector has
    not; everywhere else each weight must fit. MMEngine goes on with the weights as
    they are drawn, and one such layer is enough to find nothing.

    Args:
        training (bool): Whether the run trains.
    """

    # After hooks that exchange the weights in the checkpoint, such as EMAHook.
    priority = 'VERY_LOW'

    def __init__(self, training: bool) -> None:
        self.training = training

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare.

        Raises:
            CheckpointError: Weights do not fit where they must, or none does.
            AgreementError: They are of other classes than the test set.
        """
        model = unwrap_model(runner.model)
        if isinstance(model, BaseTTAModel):
            model = model.module
        path = runner._load_from
        comparison = compare_weights(model, checkpoint)
        if not self.training:
            self._check_classes(runner, checkpoint)
        if comparison.fits:
            return
        text = comparison.describe()
        if not self.training or runner._resume:
            comparison.refuse(path)
        if not comparison.num_matching:
            raise CheckpointError(
                f'The checkpoint {path} of load_from has no weight of this detector: '
                f'{text}; give one with the same backbone, or remove load_from.'
            )
        start = f'The training starts from {comparison.num_matching} weights of {path}'
        added = find_added(model, comparison.missing)
        if added:
            names = ', '.join(name.rstrip('.') for name in added)
            MMLogger.get_current_instance().info(
                f'{start}; new, and trained from scratch: {names}.', extra=ON_SCREEN
            )
        rest = tuple(k for k in comparison.missing if not k.startswith(added))
        comparison = dataclasses.replace(comparison, missing=rest)
        if not comparison.fits:
            print_log(
                f'{start}; {comparison.describe()}, which begin as they are drawn.',
                logger='current',
                level=30,
            )

    def _check_classes(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse names of labels that are not those of the test set."""
        meta = checkpoint.get('meta', {})
        trained = (meta.get('dataset_meta') or {}).get('classes')
        tested = find_class_names(runner.cfg.test_dataloader.dataset)
        if trained is None or tested is None or tuple(trained) == tested:
            return
        if set(trained) != set(tested) and len(trained) == len(tested):
            print_log(
                f'The checkpoint {runner._load_from} was trained for the classes '
                f'{tuple(trained)} and test_dataloader.dataset has {tested}, each '
                'taken for the one in its place.',
                logger='current',
                level=30,
            )
            return
        raise AgreementError(
            f'The checkpoint {runner._load_from} was trained for the classes '
            f'{tuple(trained)} and test_dataloader.dataset has {tested}: set its '
            'metainfo.classes to those of the checkpoint, or give another checkpoint.'
        )
