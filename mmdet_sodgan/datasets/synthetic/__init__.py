from .generator import generate
from .patterns import PATTERNS

__all__ = ['PATTERNS', 'generate']
