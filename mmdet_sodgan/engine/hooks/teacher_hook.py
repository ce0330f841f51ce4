from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class TeacherHook(Hook):
    """Load the teacher when training starts, and move a mean teacher.

    The weights of a frozen teacher outlive those of a checkpoint that is loaded;
    a mean teacher starts from them and follows the detector after every iteration
    (Tarvainen and Valpola, NIPS 2017). It acts where the detector has a teacher.
    """

    # Before hooks that look at the teacher or save it.
    priority = 'HIGH'

    def before_train(self, runner: Runner) -> None:
        """Give the teacher its weights.

        Raises:
            ValueError: The teacher would be a network that was never trained.
        """
        model = unwrap_model(runner.model)
        if getattr(model, 'teacher', None) is None:
            return
        model.teacher.init_weights()
        if runner.iter == 0:
            _check_trained(model, runner)
            # The first call copies the initialised or loaded weights.
            self._update(model)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Move a mean teacher."""
        model = unwrap_model(runner.model)
        if getattr(model, 'teacher', None) is not None:
            self._update(model)

    @staticmethod
    def _update(model) -> None:
        model.teacher.update(model.backbone, model.neck if model.with_neck else None)


def _check_trained(model, runner: Runner) -> None:
    teacher = model.teacher
    if not teacher.frozen or teacher.checkpoint is not None:
        return
    if runner._load_from is None:
        raise ValueError(
            'teacher.frozen is True but load_from is None, so the teacher would be '
            'an untrained network; set load_from to the checkpoint of the same '
            'detector trained on high-resolution images.'
        )
    # A generator of another kind does not know whether it was trained.
    untrained = getattr(getattr(model, 'generator', None), 'untrained', True)
    if teacher.ema.steps == 0 and not untrained:
        raise ValueError(
            f"load_from '{runner._load_from}' holds a trained generator and no "
            'teacher, as published checkpoints do, so the detector itself would be '
            'taken for one; set model.teacher.checkpoint to the checkpoint of the '
            'detector that was trained on high-resolution images.'
        )
