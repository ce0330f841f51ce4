import logging
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

#: Seconds between two lines of progress where nobody looks at a terminal.
INTERVAL = 30.0
#: For the ``extra`` of a logger: this message is for the screen, too.
ON_SCREEN = dict(screen=True)
#: The same, where a training is told in one line already.
IN_TEST = dict(screen='test')


class Screen(logging.Handler):
    """The screen of one training or test: one line that moves, and few that stay.

    As a handler of MMEngine's logger it shows warnings and the messages that are
    marked for it; all others are in the log file alone. On a terminal the progress is
    a bar in the last line. Elsewhere, in the log of a cluster for one, it is a line
    every :data:`INTERVAL` seconds.

    Args:
        testing (bool): Whether to show what is marked :data:`IN_TEST`.
    """

    def __init__(self, testing: bool = False) -> None:
        super().__init__(logging.INFO)
        self.testing = testing
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self._said_at: float | None = None
        # Each of a kind once, as MMEngine's own handler does.
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message, where it is for the screen.

        Args:
            record (logging.LogRecord): The message.
        """
        if record.levelno < logging.WARNING:
            mark = getattr(record, 'screen', False)
            if mark is True or (mark == 'test' and self.testing):
                self.say(record.getMessage().strip('\n'))
        elif not _is_noise(record) and record.msg not in self._told:
            self._told.add(record.msg)
            self.say(f'{record.levelname.capitalize()}: {record.getMessage()}')

    def say(self, text: str) -> None:
        """Show lines that stay.

        Args:
            text (str): The lines.
        """
        self._console.print(text, markup=False)

    def progress(self, done: int, total: int, text: str) -> None:
        """Show how far it is.

        Args:
            done (int): Steps that are done.
            total (int): All steps.
            text (str): What stands beside the bar, or in the line.
        """
        if self._console.is_terminal:
            if self._progress is None:
                # Without a thread, whose locks a loader's worker would inherit.
                self._progress = Progress(
                    BarColumn(24),
                    TextColumn('{task.percentage:3.0f}% {task.description}'),
                    console=self._console,
                    auto_refresh=False,
                    redirect_stdout=False,
                    redirect_stderr=False,
                    transient=True,
                )
                self._progress.add_task(text, total=total)
                self._progress.start()
            self._progress.update(
                self._progress.task_ids[0],
                description=text,
                completed=done,
                total=total,
                refresh=True,
            )
        elif self._said_at is None or time.monotonic() - self._said_at >= INTERVAL:
            self._said_at = time.monotonic()
            self.say(text)

    def end_progress(self) -> None:
        """Take the bar away, and give the terminal back."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        self._said_at = None


def _is_noise(record: logging.LogRecord) -> bool:
    """Tell what MMEngine says of its own code, which a user cannot act on."""
    return str(record.msg).startswith(
        (
            '"FileClient" will be deprecated',
            '"HardDiskBackend" is the alias',
        )
    )
