from .degrade import Degrade

__all__ = ['Degrade']
