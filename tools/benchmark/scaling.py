"""Measure how inference time grows with the image and with the objects in it.

One panel: whole inference against the side of a square LR image. The other:
the same at one side, against the number of proposals that enter the RoI head.
That number is what grows with the objects of an image, up to the config's
test_cfg.rpn.max_per_img; here the RPN does its work and then k seeded boxes of
the size of small objects take the place of its result, so that k is exact,
whatever the weights have learned. The systems take turns, as in cost.py.

    python tools/benchmark/scaling.py deeppcb-160_r18 --threads 2
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure
from mmengine.structures import InstanceData
from systems import (
    FIGURES,
    RESULTS,
    add_device_arguments,
    add_switch_arguments,
    add_system_arguments,
    common_scale,
    find_systems,
    get_setting,
    header,
    image_side,
    positive,
    save,
)
from torch import Tensor
from workload import (
    Work,
    attempt,
    build,
    interleave,
    random_boxes,
    summary,
)

SYSTEMS = ('lr', 'upscaled', 'sodgan')
#: What a panel is drawn against.
AXES = dict(sides='side', objects='proposals')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_system_arguments(parser, SYSTEMS)
    parser.add_argument(
        '--sides',
        type=image_side,
        nargs='*',
        default=[320, 480, 640, 960, 1280, 1600, 1920],
        help='of the LR image, pixels; none to leave out this panel',
    )
    parser.add_argument(
        '--proposals',
        type=positive,
        nargs='*',
        default=[1, 3, 10, 30, 100, 300, 1000],
        help='none to leave out this panel',
    )
    parser.add_argument(
        '--proposals-side',
        type=image_side,
        default=640,
        help='side of the LR image for the panel of proposals (default: 640)',
    )
    parser.add_argument('--figure', type=Path, help='PNG to write')
    add_device_arguments(parser)
    add_switch_arguments(parser)
    args = parser.parse_args(argv)
    if not args.sides and not args.proposals:
        parser.error('--sides and --proposals are both empty; give one of them')
    return args


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


def measure(
    systems: dict, side: int, scale: int, setting, rounds: int, proposals: int | None
) -> dict[str, dict]:
    """Milliseconds of an image by system, or ``out_of_memory``, a sentence."""
    works, results = {}, {}
    for name, system in systems.items():
        work, failure = attempt(
            Work, system, 'inference', (side, side), 1, scale, setting
        )
        if failure is not None:
            results[name] = dict(out_of_memory=failure)
            continue
        if proposals is not None:
            generator = torch.Generator().manual_seed(setting.seed)
            boxes = random_boxes(proposals, (side, side), generator)
            replace_proposals(work, boxes, side)
        works[name] = work
    times, failures = interleave(works, rounds)
    results |= {name: summary(values) for name, values in times.items()}
    results |= {name: dict(out_of_memory=text) for name, text in failures.items()}
    return {name: results[name] for name in systems}


def draw(result: dict, path: Path) -> None:
    """Draw the panels that were measured; the bands are the quartiles."""
    labels = dict(
        sides='side of the LR image (px)',
        objects=f'proposals in an image of {result["proposals_side"]} px '
        '(objects and clutter)',
    )
    panels = [key for key in labels if result[key]]
    figure = Figure(figsize=(5 * len(panels), 4.2), layout='constrained')
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, key in zip(axes, panels, strict=True):
        for index, name in enumerate(result['systems']):
            points = [
                (
                    row[AXES[key]],
                    *(row['results'][name][k] for k in ('median', 'q1', 'q3')),
                )
                for row in result[key]
                if 'median' in row['results'][name]
            ]
            if not points:
                continue
            at, median, low, high = zip(*points, strict=True)
            axis.plot(at, median, 'o-', color=f'C{index}', label=name)
            axis.fill_between(at, low, high, color=f'C{index}', alpha=0.2)
        axis.set_xlabel(labels[key])
        axis.set_ylabel('ms per image')
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        if key == 'objects':
            axis.set_xscale('log')
            for kept in sorted(
                {r['max_proposals'] for r in result['systems'].values()}
            ):
                axis.axvline(
                    kept, color='grey', linestyle=':', label=f'the RPN keeps {kept}'
                )
        axis.legend()
        axis.set_title(f'{result["hardware"]}, {result["device"]}', fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure point after point; the JSON is complete after each."""
    args = parse_args(argv)
    setting, systems = get_setting(args, keep_memory=True), find_systems(args)
    # One panel alone must not take the place of both.
    measured = bool(args.sides), bool(args.proposals)
    panel = {(True, False): 'sides_', (False, True): 'objects_'}.get(measured, '')
    name = f'scaling_{panel}{args.benchmark}_{args.device}'
    out = args.out or RESULTS / f'{name}.json'
    figure = args.figure or FIGURES / f'{name}.png'
    models = {name: build(system, setting)[0] for name, system in systems.items()}
    scale = common_scale(models)
    result = dict(
        **header('scaling.py', argv, setting),
        rounds=args.rounds,
        scale_factor=scale,
        proposals_side=args.proposals_side,
        systems={
            name: dict(
                **system.described(),
                max_proposals=models[name].test_cfg.rpn.max_per_img,
            )
            for name, system in systems.items()
        },
        sides=[],
        objects=[],
    )
    del models
    points = [('sides', side, None) for side in args.sides]
    points += [('objects', k, k) for k in args.proposals]
    for key, value, proposals in points:
        x, side = AXES[key], args.proposals_side if proposals else value
        row = measure(systems, side, scale, setting, args.rounds, proposals)
        result[key].append({x: value, 'results': row})
        save(result, out)
        shown = ', '.join(
            f'{name} {figures["median"]:.1f}' if 'median' in figures else f'{name} -'
            for name, figures in row.items()
        )
        print(f'{x} {value}: {shown} ms per image', flush=True)
    draw(result, figure)
    print(out, figure, sep='\n')


if __name__ == '__main__':
    main()
