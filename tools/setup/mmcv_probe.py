"""Prove that the installed mmcv's operators run with the installed torch."""

import subprocess
import sys

_CODE = """
import torch
from mmcv.ops import nms
boxes = torch.tensor([[0., 0., 10., 10.], [0., 0., 10., 9.], [20., 20., 30., 30.]])
scores = torch.tensor([0.9, 0.8, 0.7])
for device in {devices!r}:
    kept = nms(boxes.to(device), scores.to(device), 0.5)[1].tolist()
    if kept != [0, 2]:
        raise RuntimeError(f'nms on {{device}} kept {{kept}}, not [0, 2]')
"""


def probe(cuda):
    """Run non-maximum suppression in a process of its own.

    Args:
        cuda (bool): Whether the operators must have been compiled for CUDA;
            run there too if the machine has a GPU.

    Returns:
        str | None: Last line of what went wrong, None if nothing did.
    """
    devices = ['cpu']
    if cuda:
        import torch

        devices += ['cuda'] if torch.cuda.is_available() else []
    run = subprocess.run(
        [sys.executable, '-c', _CODE.format(devices=devices)],
        capture_output=True,
        text=True,
    )
    if run.returncode == 0:
        return None
    lines = run.stderr.strip().splitlines()
    return lines[-1] if lines else f'the process ended with {run.returncode}'
