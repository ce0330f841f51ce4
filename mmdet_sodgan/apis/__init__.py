"""Use of a trained detector in Python.

Importing this registers the project's modules; see :mod:`mmdet_sodgan.registration`.
"""

from .. import registration  # noqa: F401
from .prediction import Prediction
from .predictor import Predictor
from .safe_loading import enable_safe_loading

__all__ = ['Prediction', 'Predictor', 'enable_safe_loading']
