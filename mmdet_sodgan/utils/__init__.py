from .compat import check_stack

__all__ = ['check_stack']
