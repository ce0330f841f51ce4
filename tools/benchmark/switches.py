"""What channels-last, bfloat16 and torch.compile gain, side by side.

Every system runs plain and with each switch in the same rounds. Outputs are compared
by tests (tests/engine), not here.
"""

import argparse
import itertools
from collections.abc import Iterator
from functools import partial

import pandas as pd

from .meters import WARM_UP, compare, elapsed_ms, ratio
from .systems import Setting, add_systems, image_side, positive
from .work import Work, describe

SWITCHES = ('channels_last', 'bf16', 'compiled')
#: All combinations, joined by +.
CHOICES = ['+'.join(x) for n in (1, 2, 3) for x in itertools.combinations(SWITCHES, n)]
PLAIN = 'plain'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add systems, sizes and the switches to compare."""
    add_systems(parser, ('lr', 'sodgan'))
    add = parser.add_argument
    add('--side', type=image_side, default=160, help='LR image, pixels')
    add('--batch', type=positive, default=4, help='of training')
    several = [*SWITCHES, 'channels_last+bf16', 'channels_last+bf16+compiled']
    text = 'default: %(default)s'
    add('--switches', choices=CHOICES, nargs='+', default=several, help=text)


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure system after system.

    By switch there are the figures of :func:`compare`, ``first_ms`` of the first call,
    which compiles unless an earlier run has left the kernels in torch's cache, and
    ``speed_up``, the median over the rounds of plain time over that with the switch.

    Raises:
        SystemExit: The systems cannot be compared.
    """
    systems, result = describe(args, setting)
    batches = dict(inference=1, training=args.batch)
    result |= dict(side=args.side, batch=batches, warm_up=WARM_UP + 1)
    result['results'] = {what: {} for what in batches}
    settings = {PLAIN: setting} | {
        switch: setting._replace(**dict.fromkeys(switch.split('+'), True))
        for switch in args.switches
    }
    for what, name in itertools.product(batches, systems):
        work = systems[name], what, (args.side, args.side), batches[what]
        work += (result['scale_factor'],)
        makers = {key: partial(Work, *work, value) for key, value in settings.items()}
        times, found = compare(
            makers, args.rounds, lambda made: dict(first_ms=elapsed_ms(made))
        )
        for switch in times:
            found[switch]['speed_up'] = ratio(times, PLAIN, switch)
        result['results'][what][name] = found
        table = pd.DataFrame(found).T[['first_ms', 'median', 'speed_up']]
        stem = f'cost/switches_{args.benchmark}_{args.device}'
        yield result, pd.concat({f'{what}, {name}': table}), stem
