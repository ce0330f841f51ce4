"""Test a detector: the command of ``mim test mmdet_sodgan``."""

import sys

from mmdet_sodgan.cli.main import main

if __name__ == '__main__':
    main(['test', *sys.argv[1:]])
