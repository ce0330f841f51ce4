from .sodgan import SODGAN

__all__ = ['SODGAN']
