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
from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from mmengine.structures import InstanceData
from torch import Tensor

from .systems import FIGURES, RESULTS, Setting, System, common_scale, find_systems
from .timing import interleave, summary
from .work import Work, build, random_boxes

SYSTEMS = ('lr', 'upscaled', 'sodgan')
#: What a panel is drawn against.
AXES = dict(sides='side', objects='proposals')


def replace_proposals(work: Work, boxes: Tensor, side: int) -> None:
    """Let the RPN work as ever, and hand on other boxes than it found.

    Args:
        work (Work): An inference; changed in place.
        boxes (Tensor): ``(k, 4)`` in pixels of the LR image.
        side (int): Of the LR image.
    """
    head = work.model.rpn_head
    predict = head.predict

    def replaced(feats, samples, **kwargs) -> list[InstanceData]:
        predict(feats, samples, **kwargs)
        # Up-scaled input and oracle work at r times the LR image's size.
        return [
            InstanceData(bboxes=(boxes * (sample.img_shape[1] / side)).to(feats[0]))
            for sample in samples
        ]

    head.predict = replaced


def measure_point(
    systems: dict, size: tuple, scale: int, setting: Setting, rounds: int, count: int
) -> dict[str, dict]:
    """Milliseconds of an image by system, or ``out_of_memory``, a sentence.

    ``count`` proposals enter the RoI head; with 0 those that the RPN finds.
    """
    generator = torch.Generator().manual_seed(setting.seed)
    boxes = random_boxes(count, size, generator)

    def make(system: System) -> Work:
        work = Work(system, 'inference', size, 1, scale, setting)
        if count:
            replace_proposals(work, boxes, size[0])
        return work

    makers = {name: lambda system=x: make(system) for name, x in systems.items()}
    times, failures = interleave(makers, rounds)
    figures = {name: dict(out_of_memory=text) for name, text in failures.items()}
    figures |= {name: summary(times[name]) for name in times}
    return {name: figures[name] for name in systems}


def table(rows: list[dict], axis: str) -> pd.DataFrame:
    """Medians and quartiles of a panel by its points (key ``axis``) and system."""
    lines = {
        (row[axis], name): {key: found.get(key) for key in ('median', 'q1', 'q3')}
        for row in rows
        for name, found in row['results'].items()
    }
    frame = pd.DataFrame.from_dict(lines, orient='index', dtype=float)
    return frame.rename_axis([axis, 'system'])


def draw(result: dict, path: Path) -> None:
    """Draw the panels that were measured; the bars are the quartiles."""
    labels = dict(
        sides='side of the LR image (px)',
        objects=f'proposals in an image of {result["proposals_side"]} px '
        '(objects and clutter)',
    )
    panels = [key for key in labels if result[key]]
    figure = Figure(figsize=(5 * len(panels), 4.2), layout='constrained')
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, key in zip(axes, panels, strict=True):
        for name, found in table(result[key], AXES[key]).groupby('system'):
            at, middle = found.index.get_level_values(0), found['median']
            bars = middle - found['q1'], found['q3'] - middle
            axis.errorbar(at, middle, bars, marker='o', capsize=3, label=name)
        if key == 'objects':
            axis.set_xscale('log')
            for kept in {x['max_proposals'] for x in result['systems'].values()}:
                label = f'the RPN keeps {kept}'
                axis.axvline(kept, color='grey', linestyle=':', label=label)
        axis.set(xlabel=labels[key], ylabel='ms per image', ylim=(0, None))
        axis.grid(alpha=0.3)
        axis.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure point after point, and draw; as measure.py says.

    Raises:
        SystemExit: The systems cannot be compared, or there is no panel.
    """
    if not args.sides and not args.proposals:
        raise SystemExit('--sides and --proposals are both empty; give one of them.')
    systems = find_systems(args)
    # One panel alone must not take the place of both.
    measured = bool(args.sides), bool(args.proposals)
    panel = {(True, False): 'sides_', (False, True): 'objects_'}.get(measured, '')
    stem = f'scaling_{panel}{args.benchmark}_{args.device}'
    models = {name: build(system, setting)[0] for name, system in systems.items()}
    result = dict(
        rounds=args.rounds,
        scale_factor=common_scale(models),
        proposals_side=args.proposals_side,
        systems={
            name: systems[name].described()
            | dict(max_proposals=model.test_cfg.rpn.max_per_img)
            for name, model in models.items()
        },
        sides=[],
        objects=[],
    )
    del models
    points = [('sides', side, side, 0) for side in args.sides]
    points += [('objects', k, args.proposals_side, k) for k in args.proposals]
    for key, value, side, count in points:
        point = (side, side), result['scale_factor'], setting, args.rounds, count
        found = measure_point(systems, *point)
        result[key].append({AXES[key]: value, 'results': found})
        shown = table(result[key][-1:], AXES[key])
        yield result, shown, args.out or RESULTS / f'{stem}.json'
    draw(result, args.figure or FIGURES / f'{stem}.png')
