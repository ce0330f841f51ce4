"""Records that the other parts hand each other; they import nothing of ours."""

from .size_bucket import MAX_SIDE, SizeBucket

__all__ = ['MAX_SIDE', 'SizeBucket']
