"""A project: three configs whose values are chosen from a data set."""

from .choices import Wishes
from .project import Split, make_project

__all__ = ['Split', 'Wishes', 'make_project']
