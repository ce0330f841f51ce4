"""The page that compares two checkpoints in the browser."""

from ...utils import supported_stack  # noqa: F401, before what fails without it
from .page import ComparisonPage

__all__ = ['ComparisonPage']
