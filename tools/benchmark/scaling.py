"""How inference time grows with the image and with the objects in it.

One panel: whole inference against the side of a square LR image. The other:
the same at one side, against the number of proposals that enter the RoI head.
That number is what grows with the objects of an image, up to the config's
test_cfg.rpn.max_per_img; here the RPN does its work and then k seeded boxes of
the size of small objects take the place of its result, so that k is exact,
whatever the weights have learned.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from mmengine.structures import InstanceData

from .batches import random_boxes
from .meters import compare
from .settings import ROOT
from .systems import Setting, System, add_systems, image_side, positive
from .work import Work, describe

#: Key of a panel to key of its points.
AXES = dict(sides='side', objects='proposals')
LABELS = dict(
    sides='side of the LR image (px)',
    objects='proposals in an image (objects and clutter)',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add systems, the points of both panels, and the figure."""
    add_systems(parser, ('lr', 'upscaled', 'sodgan'))
    add, without = parser.add_argument, 'none to leave out this panel'
    sides = [320, 480, 640, 960, 1280, 1600, 1920]
    text = f'of the LR image, pixels; {without}'
    add('--sides', type=image_side, nargs='*', default=sides, help=text)
    proposals = [1, 3, 10, 30, 100, 300, 1000]
    add('--proposals', type=positive, nargs='*', default=proposals, help=without)
    text = 'side of the LR image for the panel of proposals (default: 640)'
    add('--proposals-side', type=image_side, default=640, help=text)
    add('--figure', type=Path, help='PNG to write')


def inference(
    count: int, system: System, side: int, scale: int, setting: Setting
) -> Work:
    """An inference on one image; ``count`` seeded boxes enter its RoI head.

    With a count of 0 those enter that the RPN finds.
    """
    work = Work(system, 'inference', (side, side), 1, scale, setting)
    generator = torch.Generator().manual_seed(setting.seed)
    boxes = random_boxes(count, (side, side), generator)
    predict = work.model.rpn_head.predict

    def replaced(feats, samples, **kwargs) -> list[InstanceData]:
        predict(feats, samples, **kwargs)
        # Up-scaled input and oracle work at r times the LR image's size.
        return [
            InstanceData(bboxes=(boxes * (sample.img_shape[1] / side)).to(feats[-1]))
            for sample in samples
        ]

    if count:
        work.model.rpn_head.predict = replaced
    return work


def draw(result: dict) -> Figure:
    """Draw the medians of the panels that were measured."""
    panels = [key for key in AXES if result[key]]
    figure = Figure(figsize=(5 * len(panels), 4.2), layout='constrained')
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, key in zip(axes, panels, strict=True):
        medians = {
            row[AXES[key]]: {k: v['median'] for k, v in row['results'].items()}
            for row in result[key]
        }
        lines = pd.DataFrame.from_dict(medians, orient='index')
        lines.plot(ax=axis, marker='o', grid=True, logx=key == 'objects')
        axis.set(xlabel=LABELS[key], ylabel='ms per image', ylim=(0, None))
    return figure


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure point after point, and draw.

    Raises:
        SystemExit: The systems cannot be compared, or there is no panel.
    """
    points = [('sides', side, side, 0) for side in args.sides]
    points += [('objects', k, args.proposals_side, k) for k in args.proposals]
    if not points:
        raise SystemExit('--sides and --proposals are both empty; give one of them.')
    # One panel alone must not take the place of both.
    panel = '' if args.sides and args.proposals else f'{points[0][0]}_'
    stem = f'scaling_{panel}{args.benchmark}_{args.device}'
    systems, result = describe(args, setting)
    result |= dict(proposals_side=args.proposals_side, sides=[], objects=[])
    for key, value, side, count in points:
        own = side, result['scale_factor'], setting
        makers = {n: partial(inference, count, x, *own) for n, x in systems.items()}
        _, found = compare(makers, args.rounds)
        result[key].append({AXES[key]: value, 'results': found})
        table = pd.DataFrame(found).T[['median', 'q1', 'q3']]
        yield result, pd.concat({f'{AXES[key]} {value}': table}), f'cost/{stem}'
    path = args.figure or ROOT / 'docs' / 'images' / f'{stem}.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(result).savefig(path, dpi=110)
