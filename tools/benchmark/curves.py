"""Losses and validations of a training, from the logs in its work_dir."""

import json
import re
from pathlib import Path


def curves(work_dir: Path) -> dict[str, list]:
    """Losses (mean of twenty iterations) and validations from mmengine's logs.

    Args:
        work_dir (Path): Of the run; an interrupted one has several logs.

    Returns:
        dict[str, list]: 'train' and 'val' rows by step, seconds an iteration.
    """
    steps, validations = {}, {}
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for row in map(json.loads, log.open()):
            if 'loss' in row:
                steps[row['step']] = row
            elif 'coco/bbox_mAP' in row:
                validations[row['step']] = row
    keys = re.compile('loss|^d_|grad_norm|^acc$')
    train = [
        {k: round(v, 5) for k, v in row.items() if k == 'step' or keys.search(k)}
        for _, row in sorted(steps.items())
    ]
    val = [
        {k: v for k, v in row.items() if k == 'step' or k.startswith('coco/')}
        for _, row in sorted(validations.items())
    ]
    return dict(train=train, val=val, seconds=[row['time'] for row in steps.values()])
