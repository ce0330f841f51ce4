"""Measure what channels-last, bfloat16 and torch.compile gain, side by side.

Every system runs plain and with each switch in the same rounds, in turns, so that
the ratios hold also on a machine that others use. Outputs are compared by tests
(tests/engine), not here.

    python tools/benchmark/switches.py deeppcb-160_r18 --side 160 --threads 1
"""

import argparse
from collections.abc import Sequence

import numpy as np
from both_modes import add_mode_arguments, batch_sizes, measure_both
from systems import Setting, System, add_device_arguments, add_system_arguments
from workload import WARM_UP, Work, attempt, elapsed_ms, interleave, summary

SYSTEMS = ('lr', 'sodgan')
SWITCHES = ('channels_last', 'bf16', 'compiled')
PLAIN = 'plain'


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_system_arguments(parser, SYSTEMS)
    add_mode_arguments(parser)
    parser.add_argument(
        '--switches',
        type=combination,
        nargs='+',
        metavar='NAME[+NAME]',
        default=[*SWITCHES, 'channels_last+bf16', 'channels_last+bf16+compiled'],
        help=f'those to compare, of {", ".join(SWITCHES)} (default: %(default)s)',
    )
    add_device_arguments(parser)
    return parser.parse_args(argv)


def combination(text: str) -> str:
    """Check ``NAME`` or ``NAME+NAME``."""
    unknown = set(text.split('+')) - set(SWITCHES)
    if unknown:
        raise argparse.ArgumentTypeError(
            f'{text} has no such switch: {", ".join(sorted(unknown))}; choose from '
            f'{", ".join(SWITCHES)}, several joined by +'
        )
    return text


def measure(
    system: System,
    what: str,
    scale: int,
    args: argparse.Namespace,
    setting: Setting,
) -> dict[str, dict]:
    """One system, plain and with each switch.

    Returns:
        dict: By switch: ``first_ms`` of the first call, which compiles unless
        an earlier run has left the kernels in torch's cache, the figures of
        :func:`summary` and ``speed_up``, the median over the rounds of plain
        time over that with the switch.

    Raises:
        SystemExit: Memory ran out; all variants are held at once.
    """
    batch = batch_sizes(args)[what]
    settings = {PLAIN: setting}
    for name in args.switches:
        switched = dict.fromkeys(name.split('+'), True)
        settings[name] = setting._replace(**switched)
    works, first = {}, {}
    for name, chosen in settings.items():
        size = (args.side, args.side)
        work, failure = attempt(Work, system, what, size, batch, scale, chosen)
        if failure is None:
            first[name], failure = attempt(elapsed_ms, work)
        if failure is not None:
            raise no_memory(system, name, failure)
        works[name] = work
    times, failures = interleave(works, args.rounds)
    for name, failure in failures.items():
        raise no_memory(system, name, failure)
    return {
        name: dict(
            first_ms=first[name],
            speed_up=float(np.median(np.divide(times[PLAIN], values))),
            **summary(values),
        )
        for name, values in times.items()
    }


def no_memory(system: System, name: str, failure: str) -> SystemExit:
    """The error that names what did not fit."""
    return SystemExit(
        f'{system.name}, {name}: out of memory ({failure}); lower --side, --batch or '
        'give fewer --switches.'
    )


def show(what: str, system: str, found: dict[str, dict]) -> None:
    """One line a switch."""
    for name, figures in found.items():
        print(
            f'{what}, {system}, {name}: {figures["median"]:.1f} ms, '
            f'{figures["speed_up"]:.2f} times as fast as plain',
            flush=True,
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    args = parse_args(argv)
    facts = dict(rounds=args.rounds, warm_up=WARM_UP + 1)
    print(measure_both('switches', argv, args, 'results', measure, show, **facts))


if __name__ == '__main__':
    main()
