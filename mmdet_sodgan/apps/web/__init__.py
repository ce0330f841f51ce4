"""The page that compares two checkpoints in the browser."""

from .page import ComparisonPage

__all__ = ['ComparisonPage']
