from ..utils import supported_stack  # noqa: F401, before what fails without it
from .metrics import SizeCocoMetric

__all__ = ['SizeCocoMetric']
