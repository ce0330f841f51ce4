"""What channels-last, bfloat16 and torch.compile gain, side by side.

Every system runs plain and with each switch in the same rounds. Outputs are compared
by tests (tests/engine), not here.
"""

import argparse
from collections.abc import Iterator

import pandas as pd

from .systems import RESULTS, Setting, System, common_scale, find_systems
from .timing import WARM_UP, elapsed_ms, interleave, ratio, summary
from .work import Work, build

SYSTEMS = ('lr', 'sodgan')
PLAIN = 'plain'


def compare(
    system: System, settings: dict[str, Setting], rounds: int, *work
) -> dict[str, dict]:
    """One system, plain and with each switch.

    Args:
        system (System): Which.
        settings (dict[str, Setting]): By switch, ``PLAIN`` first.
        rounds (int): Of each.
        *work: Further arguments of :class:`Work`, but for the setting.

    Returns:
        dict: By switch: ``first_ms`` of the first call, which compiles unless
        an earlier run has left the kernels in torch's cache, the figures of
        :func:`summary` and ``speed_up``, the median over the rounds of plain
        time over that with the switch.

    Raises:
        SystemExit: Memory ran out; all variants are held at once.
    """
    first = {}

    def make(name: str) -> Work:
        made = Work(system, *work, settings[name])
        first[name] = elapsed_ms(made)
        return made

    makers = {name: lambda name=name: make(name) for name in settings}
    times, failures = interleave(makers, rounds)
    for name, failure in failures.items():
        raise SystemExit(
            f'{system.name}, {name}: out of memory ({failure}); lower --side, --batch '
            'or give fewer --switches.'
        )
    return {
        name: dict(first_ms=first[name], speed_up=ratio(times, PLAIN, name))
        | summary(times[name])
        for name in times
    }


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure system after system; as measure.py says.

    Raises:
        SystemExit: The systems cannot be compared, or memory ran out.
    """
    systems = find_systems(args)
    scale = common_scale({k: build(x, setting)[0] for k, x in systems.items()})
    batches, size = dict(inference=1, training=args.batch), (args.side, args.side)
    settings = {PLAIN: setting} | {
        name: setting._replace(**dict.fromkeys(name.split('+'), True))
        for name in args.switches
    }
    result = dict(
        side=args.side,
        batch=batches,
        rounds=args.rounds,
        warm_up=WARM_UP + 1,
        systems={name: system.described() for name, system in systems.items()},
        results={what: {} for what in batches},
    )
    out = args.out or RESULTS / f'switches_{args.benchmark}_{args.device}.json'
    for what, batch in batches.items():
        for name, system in systems.items():
            work = what, size, batch, scale
            found = compare(system, settings, args.rounds, *work)
            result['results'][what][name] = found
            table = pd.DataFrame(found).T[['first_ms', 'median', 'speed_up']]
            yield result, pd.concat({f'{what}, {name}': table}), out
