"""Measure what detectors cost.

    python -m tools.benchmark.measure cost deeppcb-160_r18 --inputs 160x160 --threads 1
    python -m tools.benchmark.measure scaling deeppcb-160_r18
    python -m tools.benchmark.measure switches deeppcb-160_r18
    python -m tools.benchmark.measure memory configs/sodgan/NAME.py
    python -m tools.benchmark.measure predictions configs/sodgan/NAME.py
    python -m tools.benchmark.measure zoo

Systems that are compared take turns in one process, so that their ratios hold also
on a machine that others use.
"""

import os
from collections.abc import Sequence

# A thread that waits must not take the core of one that works; torch reads this when
# it is imported.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

from . import cost, memory, predictions, scaling, switches, zoo  # noqa: E402
from .arguments import parse_args  # noqa: E402
from .results import check_package, save  # noqa: E402
from .systems import get_setting, header  # noqa: E402

COMMANDS = dict(
    cost=cost,
    scaling=scaling,
    switches=switches,
    memory=memory,
    predictions=predictions,
    zoo=zoo,
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure step by step; what is written is whole after each.

    ``measure`` of a command's module takes its arguments and the setting, and yields
    (result, table of what is new, file).
    """
    args = parse_args(__doc__, COMMANDS, argv)
    check_package()
    module = COMMANDS[args.command]
    setting = get_setting(args, keep_memory=args.command not in ('memory', 'zoo'))
    conditions = header(argv, setting)
    for result, table, out in module.measure(args, setting):
        save(conditions | result, out)
        print(f'{table.to_string(na_rep="", float_format="{:.2f}".format)}\n{out}')
        print(flush=True)


if __name__ == '__main__':
    main()
