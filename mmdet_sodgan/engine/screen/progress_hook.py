import time
from collections.abc import Mapping, Sequence

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..unwrap_model import unwrap_model
from .scores import format_scores
from .screen import ON_SCREEN, Screen


class ProgressHook(Hook):
    """Tell on the screen how far a training or a test is, and how it goes.

    :class:`QuietRunner` registers it.

    Args:
        screen (Screen): Where to.
    """

    # After the checkpoint of an epoch is written.
    priority = 'LOWEST'

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def before_train(self, runner: Runner) -> None:
        """Say what is trained on what, and where the log is."""
        loop = runner.train_loop
        length = _count(runner.max_iters, 'iteration')
        if isinstance(loop, EpochBasedTrainLoop):
            length = _count(runner.max_epochs, 'epoch')
        text = (
            f'Training {_model(runner)} on {_count(_images(loop), "image")} for '
            f'{length}'
        )
        if runner.iter:
            text += f', from iteration {runner.iter + 1} on'
        if runner.val_loop is not None:
            text += f'; validation on {_count(_images(runner.val_loop), "image")}'
        self._say(runner, f'{text}.\nLog: {runner.logger.log_file}')
        self._first, self._began = runner.iter, time.monotonic()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Move the line."""
        done, total = runner.iter + 1, runner.max_iters
        # With the validations and checkpoints so far.
        each = (time.monotonic() - self._began) / (done - self._first)
        self._line = f'iteration {done}/{total}, {_time(each * (total - done))} left'
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            epoch = f'epoch {runner.epoch + 1}/{runner.max_epochs}'
            self._line = f'{epoch}, {self._line}'
        loss = runner.message_hub.log_scalars.get('train/loss')
        if loss is not None:
            self._line += f', loss {loss.mean(50):.3g}'
        self.screen.progress(done, total, self._line)

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Say that it validates."""
        batches = len(runner.val_dataloader)
        text = f'{self._line}; validating {batch_idx + 1}/{batches}'
        self.screen.progress(runner.iter, runner.max_iters, text)

    def after_val_epoch(
        self, runner: Runner, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Tell the scores in one line."""
        when = f'Iteration {runner.iter}'
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            when = f'Epoch {runner.epoch}'
        self._say(runner, f'{when}: {format_scores(metrics)}')

    def after_train(self, runner: Runner) -> None:
        """Say where the checkpoint is."""
        self.screen.end_progress()
        took = _time(time.monotonic() - self._began)
        saved = runner.message_hub.runtime_info.get('last_ckpt')
        place = f'Checkpoint: {saved}' if saved else 'No checkpoint was written.'
        self._say(runner, f'Trained in {took}. {place}')

    def before_test(self, runner: Runner) -> None:
        """Say what is tested on what, and where the log is."""
        self._say(
            runner,
            f'Testing {_model(runner)} on {_count(_images(runner.test_loop), "image")}.'
            f'\nLog: {runner.logger.log_file}',
        )
        self._began = time.monotonic()

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch=None,
        outputs: Sequence | None = None,
    ) -> None:
        """Move the line."""
        done, total = batch_idx + 1, len(runner.test_dataloader)
        left = _time((time.monotonic() - self._began) / done * (total - done))
        self.screen.progress(done, total, f'batch {done}/{total}, {left} left')

    def after_test_epoch(
        self, runner: Runner, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Tell the scores in one line; those by size stand in the metric's table."""
        self.screen.end_progress()
        self._say(runner, f'Test: {format_scores(metrics)}')

    def _say(self, runner: Runner, text: str) -> None:
        # Through the logger, so that the file has it as well.
        runner.logger.info(text, extra=ON_SCREEN)


def _model(runner: Runner) -> str:
    return type(unwrap_model(runner.model)).__name__


def _images(loop) -> int:
    return len(loop.dataloader.dataset)


def _count(number: int, word: str) -> str:
    return f'{number:,} {word}{"" if number == 1 else "s"}'


def _time(seconds: float) -> str:
    if seconds < 60:
        return f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes < 60 else f'{minutes // 60} h {minutes % 60} min'
