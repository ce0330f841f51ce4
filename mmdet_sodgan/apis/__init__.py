"""Use of a trained detector in Python."""

from .predictor import Prediction, Predictor

__all__ = ['Prediction', 'Predictor']
