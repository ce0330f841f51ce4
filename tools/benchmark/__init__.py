"""Trains and measures the detectors side by side; run from the repository root."""

from mmdet_sodgan.utils.extras import require

for name in ('pandas', 'psutil'):
    require(name, 'benchmark')
