"""GAN-based small-object detection on MMDetection.

Importing the package loads nothing. :mod:`mmdet_sodgan.registration` puts its modules
into MMDetection's registries; the commands and :mod:`mmdet_sodgan.apis` do that by
themselves, a config that other programs use names it in ``custom_imports``.
"""

from .version import __version__

__all__ = ['__version__']
