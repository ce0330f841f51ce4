"""GAN-based small-object detection on MMDetection."""

from . import datasets, engine, evaluation, models

__all__ = ['datasets', 'engine', 'evaluation', 'models']
