"""A project: three configs whose values are chosen from a data set."""

from .project import make_project

__all__ = ['make_project']
