from collections.abc import Sequence

import numpy as np
from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...models.detectors import check_optim_wrapper
from ...structures import GANSchedule
from ...utils.deprecation import warn_renamed
from ..unwrap_model import unwrap_model
from .teacher_hook import TeacherHook

Points = Sequence[tuple[float, float]]


@HOOKS.register_module()
class GANScheduleHook(Hook):
    """The schedule of the alternating D and G optimisation.

    Weights are piecewise linear in the progress of training (0 at the first
    iteration, 1 at the end), so that one setting serves every length; warm-up,
    ramp and decay are all points of one list. Everything follows from the
    runner's iteration, hence a resumed run continues the schedule.

    Args:
        adversarial (Sequence[tuple[float, float]]): Points (progress, weight)
            of the terms that G receives through D. By default they start
            when D has learned for a fifth of the training.
        reconstruction (Sequence[tuple[float, float]]): Points of L_MSE,
            L_TV and L_align. By default they start when a mean teacher has settled a
            little.
        discriminator_span (tuple[float, float]): Progress from which and
            until which D learns; outside it is frozen.

    Raises:
        ValueError: Points or a span that are not sorted or lie outside [0, 1];
            a negative weight.
    """

    # Before hooks that look at the iteration's settings or averages.
    priority = 'HIGH'

    def __init__(
        self,
        adversarial: Points = ((0.3, 0.0), (0.4, 1.0)),
        reconstruction: Points = ((0.1, 0.0), (0.2, 1.0)),
        discriminator_span: tuple[float, float] = (0.1, 1.0),
    ) -> None:
        for name, points in (
            ('adversarial', adversarial),
            ('reconstruction', reconstruction),
        ):
            if (
                not points
                or not _rises_within_training([p for p, _ in points])
                or min(weight for _, weight in points) < 0
            ):
                raise ValueError(
                    f'GANScheduleHook.{name} is {points}; give (progress, weight) '
                    'points sorted by progress in [0, 1] with weights >= 0.'
                )
        if len(discriminator_span) != 2 or not _rises_within_training(
            discriminator_span
        ):
            raise ValueError(
                f'GANScheduleHook.discriminator_span is {discriminator_span}; '
                'give (from, until) with 0 <= from <= until <= 1.'
            )
        self.adversarial = adversarial
        self.reconstruction = reconstruction
        self.discriminator_span = discriminator_span

    def schedule(self, iteration: int, max_iters: int) -> GANSchedule:
        """What iteration ``iteration`` (from 0) of ``max_iters`` does."""
        progress = iteration / max_iters
        return GANSchedule(
            adversarial=_interpolate(self.adversarial, progress),
            reconstruction=_interpolate(self.reconstruction, progress),
            discriminator_learns=self._learns(progress),
        )

    def _learns(self, progress: float) -> bool:
        """Whether D takes its update; without the weights, for all iterations."""
        start, end = self.discriminator_span
        return start <= progress <= end

    def before_train(self, runner: Runner) -> None:
        """Tell each optimizer wrapper how many updates it has and will have.

        mmengine does that for a single wrapper only; without it gradient
        accumulation would lose its last, incomplete group and drift after
        resume.

        Raises:
            TypeError: The model is not a SODGAN, or has a single optimizer
                wrapper.
            ValueError: The model has a teacher and no hook moves or loads it.
        """
        model = unwrap_model(runner.model)
        if not hasattr(model, 'gan_schedule'):
            raise TypeError(
                'GANScheduleHook schedules a SODGAN but the model is '
                f'{type(model).__name__}; take the hook out of custom_hooks, or set '
                "model.type='SODGAN'."
            )
        # Without one there is a single optimizer, which mmengine tells itself.
        alternates = hasattr(model, 'discriminator')
        if alternates:
            check_optim_wrapper(runner.optim_wrapper)
        if model.teacher is not None and not any(
            isinstance(hook, TeacherHook) for hook in runner.hooks
        ):
            raise ValueError(
                'The model has a teacher but custom_hooks has no TeacherHook, which '
                "loads and moves it; add dict(type='TeacherHook')."
            )
        if not alternates:
            return
        wrappers = runner.optim_wrapper
        wrappers['generator'].initialize_count_status(
            model, runner.iter, runner.max_iters
        )
        if model.discriminator is not None:
            count = runner.max_iters
            learns = [self._learns(i / count) for i in range(count)]
            wrappers['discriminator'].initialize_count_status(
                model.discriminator, sum(learns[: runner.iter]), sum(learns)
            )

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None):
        """Set this iteration's schedule."""
        unwrap_model(runner.model).gan_schedule = self.schedule(
            runner.iter, runner.max_iters
        )


@HOOKS.register_module()
class AlternatingOptimHook(GANScheduleHook):
    """Old name of :class:`GANScheduleHook` and :class:`TeacherHook` together.

    Args:
        **kwargs: Arguments of :class:`GANScheduleHook`.
    """

    def __init__(self, **kwargs) -> None:
        warn_renamed('AlternatingOptimHook', 'GANScheduleHook and TeacherHook')
        super().__init__(**kwargs)

    def before_run(self, runner: Runner) -> None:
        """Add the second hook where there is none."""
        if not any(isinstance(hook, TeacherHook) for hook in runner.hooks):
            runner.register_hook(TeacherHook())


def _rises_within_training(progress: Sequence[float]) -> bool:
    return list(progress) == sorted(progress) and 0 <= progress[0] and progress[-1] <= 1


def _interpolate(points: Points, progress: float) -> float:
    return float(np.interp(progress, *zip(*points, strict=True)))
