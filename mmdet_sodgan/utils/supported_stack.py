"""Importing this raises ImportError where the stack is not as it must be.

Each folder that builds on the stack does so before anything else.
"""

from .compat import check_stack

check_stack()
