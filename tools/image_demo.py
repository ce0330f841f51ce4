"""Detect in images and videos: MMDetection's name for ``sodgan predict``."""

import sys

from mmdet_sodgan.cli.main import main

if __name__ == '__main__':
    main(['predict', *sys.argv[1:]])
