"""Train a detector: the command of ``mim train mmdet_sodgan``."""

import sys

from mmdet_sodgan.cli.main import main

if __name__ == '__main__':
    main(['train', *sys.argv[1:]])
