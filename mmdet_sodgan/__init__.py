"""Small objects in MMDetection: reconstruction under a high-resolution teacher.

Importing the package loads nothing. :mod:`mmdet_sodgan.registration` puts its modules
into MMDetection's registries; the commands and :mod:`mmdet_sodgan.apis` do that by
themselves, a config that other programs use names it in ``custom_imports``.
"""

from pathlib import Path

from .version import __version__

__all__ = ['CONFIGS', '__version__']

_folder = Path(__file__).resolve().parent
#: Folder of the project's configs, with a slash at its end: in a wheel the one that
#: mim reads, in a clone the one beside the package. MMEngine knows ``mmdet::`` but
#: no such name of ours, so a config elsewhere takes its base from
#: ``__import__('mmdet_sodgan').CONFIGS + '...'``.
CONFIGS = next(
    f'{folder}/'
    for folder in (_folder / '.mim/configs', _folder.parent / 'configs')
    if folder.is_dir()
)
