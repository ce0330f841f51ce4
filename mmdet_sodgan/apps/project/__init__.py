"""A project: three configs whose values are chosen from a data set."""

from .choices import Wishes
from .project import make_project

__all__ = ['Wishes', 'make_project']
