"""Which operations the time of inference and of a training step goes to.

python tools/benchmark/profile_ops.py deeppcb-160_r18 --side 160 --threads 1
"""

import argparse
from collections.abc import Sequence

from both_modes import add_mode_arguments, batch_sizes, measure_both
from systems import (
    Setting,
    System,
    add_device_arguments,
    add_switch_arguments,
    add_system_arguments,
    positive,
)
from terminaltables import AsciiTable
from torch.profiler import ProfilerActivity, profile
from workload import WARM_UP, Work, elapsed_ms

SYSTEMS = ('lr', 'upscaled', 'sodgan')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_system_arguments(parser, SYSTEMS)
    add_mode_arguments(parser)
    parser.add_argument('--top', type=positive, default=8, help='operations listed')
    add_device_arguments(parser)
    add_switch_arguments(parser)
    return parser.parse_args(argv)


def shares(work: Work, rounds: int, top: int) -> dict[str, float]:
    """Share of the time by operation, those that take most first.

    Args:
        work (Work): Profiled ``rounds`` times after a warm-up.
        rounds (int): Calls.
        top (int): Operations listed; the rest is under 'others'.

    Returns:
        dict[str, float]: They sum to 1. On CUDA times are the device's.
    """
    for _ in range(WARM_UP):
        elapsed_ms(work)
    cuda = work.setting.device.startswith('cuda')
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * cuda
    with profile(activities=activities) as record:
        for _ in range(rounds):
            elapsed_ms(work)
    name = 'self_device_time_total' if cuda else 'self_cpu_time_total'
    times = {event.key: getattr(event, name) for event in record.key_averages()}
    total = sum(times.values())
    ranked = sorted(times.items(), key=lambda item: -item[1])
    listed = {key: value / total for key, value in ranked[:top]}
    return listed | {'others': 1 - sum(listed.values())}


def measure(
    system: System,
    what: str,
    scale: int,
    args: argparse.Namespace,
    setting: Setting,
) -> dict[str, float]:
    """Profile one system; see :func:`shares`."""
    batch = batch_sizes(args)[what]
    work = Work(system, what, (args.side, args.side), batch, scale, setting)
    return shares(work, args.rounds, args.top)


def show(what: str, system: str, found: dict[str, float]) -> None:
    """One table a system."""
    rows = [(key, f'{100 * value:.1f} %') for key, value in found.items()]
    print(AsciiTable(rows, f'{system}, {what}').table, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Profile, print, write."""
    measure_both('profile_ops', argv, parse_args(argv), 'shares', measure, show)


if __name__ == '__main__':
    main()
