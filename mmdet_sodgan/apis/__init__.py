"""Use of a trained detector in Python.

Importing this registers the project's modules; see :mod:`mmdet_sodgan.registration`.
"""

from .. import registration  # noqa: F401, first, as it checks the stack

from .predictor import Prediction, Predictor  # isort: skip
from .safe_loading import enable_safe_loading  # isort: skip

__all__ = ['Prediction', 'Predictor', 'enable_safe_loading']
