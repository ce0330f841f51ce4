import contextlib
from typing import Any

from mmengine.dist import is_main_process
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from ...utils.without_prints import without_prints
from .progress_hook import ProgressHook
from .screen import Screen


class QuietRunner(Runner):
    """A runner that shows what a person needs, and logs the rest to its file.

    MMEngine's shows its whole log: the config, the environment, the hooks, and a line
    every few iterations.
    """

    _screen: Screen | None = None

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """Build MMEngine's logger, with the screen in place of its stream.

        Args:
            *args: Those of ``Runner``.
            **kwargs: Those of ``Runner``.

        Returns:
            MMLogger: The logger.
        """
        logger = super().build_logger(*args, **kwargs)
        # The other processes show errors alone, as MMEngine makes them.
        if is_main_process():
            self._screen = Screen()
            logger.handlers[0] = self._screen
        return logger

    def register_hooks(self, *args, **kwargs) -> None:
        """Register the hooks of the config, and the one that moves the progress.

        Args:
            *args: Those of ``Runner``.
            **kwargs: Those of ``Runner``.
        """
        super().register_hooks(*args, **kwargs)
        if self._screen is not None:
            self.register_hook(ProgressHook(self._screen))

    def train(self) -> nn.Module:
        """Train.

        Returns:
            nn.Module: The trained model.
        """
        with self._whole_screen():
            return super().train()

    def test(self) -> dict[str, float]:
        """Test.

        Returns:
            dict[str, float]: Value by name of a metric.
        """
        if self._screen is not None:
            self._screen.testing = True
        with self._whole_screen():
            return super().test()

    @staticmethod
    def build_dataloader(*args, **kwargs) -> DataLoader:
        """Build a loader, without what pycocotools prints.

        Args:
            *args: Those of ``Runner``.
            **kwargs: Those of ``Runner``.

        Returns:
            DataLoader: The loader.
        """
        with without_prints():
            return Runner.build_dataloader(*args, **kwargs)

    def build_evaluator(self, evaluator: Any) -> Evaluator:
        """Build an evaluator, without what pycocotools prints.

        Args:
            evaluator (Any): As ``Runner`` takes it.

        Returns:
            Evaluator: The evaluator.
        """
        with without_prints():
            return super().build_evaluator(evaluator)

    def load_checkpoint(self, *args, **kwargs) -> Any:
        """Load a checkpoint, without what MMEngine prints beside its log.

        Args:
            *args: Those of ``Runner``.
            **kwargs: Those of ``Runner``.

        Returns:
            Any: The checkpoint.
        """
        with without_prints():
            return super().load_checkpoint(*args, **kwargs)

    @contextlib.contextmanager
    def _whole_screen(self):
        """Give the terminal back however it ends."""
        try:
            yield
        finally:
            if self._screen is not None:
                self._screen.end_progress()
