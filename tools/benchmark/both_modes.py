"""What profile_ops.py and switches.py share: inference and training of each system."""

import argparse
from collections.abc import Callable, Sequence

from systems import (
    RESULTS,
    common_scale,
    find_systems,
    get_setting,
    header,
    image_side,
    positive,
    save,
)
from workload import build


def add_mode_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sizes of image and batch."""
    parser.add_argument('--side', type=image_side, default=160, help='LR image, pixels')
    parser.add_argument('--batch', type=positive, default=4, help='of training')


def batch_sizes(args: argparse.Namespace) -> dict[str, int]:
    """Images of a batch, by mode."""
    return dict(inference=1, training=args.batch)


def measure_both(
    tool: str,
    argv: Sequence[str] | None,
    args: argparse.Namespace,
    key: str,
    measure: Callable,
    show: Callable,
    **facts,
) -> str:
    """Measure system after system; the file is complete after each.

    Args:
        tool (str): Name of the command, without its ending.
        argv (Sequence[str], optional): Its arguments; None for the process's.
        args (argparse.Namespace): The same, parsed.
        key (str): Of the figures in the file.
        measure (Callable): System, 'inference' or 'training', ``r``, args and
            setting -> figures.
        show (Callable): Prints figures; 'inference' or 'training', name, figures.
        **facts: What else the file says.

    Returns:
        str: Path of the file.
    """
    setting, systems = get_setting(args, keep_memory=True), find_systems(args)
    scale = common_scale({k: build(s, setting)[0] for k, s in systems.items()})
    result = header(f'{tool}.py', argv, setting) | dict(
        side=args.side,
        batch=batch_sizes(args),
        **facts,
        systems={name: system.described() for name, system in systems.items()},
    )
    result[key] = {}
    prefix = tool.removesuffix('_ops')
    out = args.out or RESULTS / f'{prefix}_{args.benchmark}_{args.device}.json'
    for what in batch_sizes(args):
        result[key][what] = {}
        for name, system in systems.items():
            found = measure(system, what, scale, args, setting)
            result[key][what][name] = found
            save(result, out)
            show(what, name, found)
    return str(out)
