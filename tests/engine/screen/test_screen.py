import io
import logging
import sys

import pytest

from mmdet_sodgan.engine.screen import IN_TEST, ON_SCREEN
from mmdet_sodgan.engine.screen import screen as module
from mmdet_sodgan.engine.screen.screen import Screen


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def stream(monkeypatch):
    """Makes a screen whose output can be read."""

    def make(kind=io.StringIO, **options):
        monkeypatch.setattr(sys, 'stdout', kind())
        monkeypatch.setenv('TERM', 'xterm')
        return Screen(**options), sys.stdout

    return make


def logger_to(screen):
    logger = logging.Logger('some')
    logger.addHandler(screen)
    return logger


def test_screen_shows_warnings_once_and_what_is_marked(stream):
    screen, out = stream()
    logger = logger_to(screen)
    logger.info('the config')
    logger.info('scores [bold]', extra=ON_SCREEN)
    logger.info('a table', extra=IN_TEST)
    for _ in range(2):
        logger.warning('a loss is NaN')
    logger.warning('"HardDiskBackend" is the alias of ...')
    assert out.getvalue() == 'scores [bold]\nWarning: a loss is NaN\n'


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(
    stream, monkeypatch
):
    screen, out = stream()
    now = 0.0
    monkeypatch.setattr(module.time, 'monotonic', lambda: now)
    for step in range(1, 101):
        now += 1.0
        screen.progress(step, 100, f'step {step}')
    assert out.getvalue().split('\n')[:-1] == [f'step {n}' for n in (1, 31, 61, 91)]


def test_progress_on_a_terminal_is_one_line_that_goes_away(stream):
    screen, out = stream(Terminal)
    for step in (1, 2):
        screen.progress(step, 4, f'step {step}, 3 min left')
    screen.say('Epoch 1: AP 10.0')
    screen.end_progress()
    text = out.getvalue()
    assert ' 25% step 1, 3 min left' in text and ' 50% step 2' in text
    # Written over, and the cursor is shown again.
    assert '\x1b[2K' in text and text.rindex('\x1b[?25h') > text.index('Epoch 1')


def test_long_lines_are_not_broken(stream):
    screen, out = stream()
    screen.say('x' * 500)
    assert out.getvalue() == 'x' * 500 + '\n'
