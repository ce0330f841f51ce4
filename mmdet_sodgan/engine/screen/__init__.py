"""What a person sees of a training or a test, beside the log file."""

from .quiet_runner import QuietRunner
from .screen import IN_TEST, ON_SCREEN

__all__ = ['IN_TEST', 'ON_SCREEN', 'QuietRunner']
