"""``sodgan web``: compare two checkpoints on a page in the browser."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import add_predictor_arguments, score

if TYPE_CHECKING:
    from ..apis import Predictor

EXAMPLES = """\
  sodgan web --baseline lr.py lr.pth --sodgan sodgan.py sodgan.pth
  sodgan web --baseline lr.py lr.pth --baseline hr.py hr.pth 'HR oracle' \\
      --sodgan sodgan.py sodgan.pth --sodgan sodgan.py control.pth control
  sodgan web --baseline lr.py lr.pth --sodgan sodgan.py sodgan.pth --native
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    for option, drop_down in (('--baseline', 'first'), ('--sodgan', 'second')):
        parser.add_argument(
            option,
            nargs='+',
            action='append',
            required=True,
            metavar=('CONFIG CHECKPOINT', 'NAME'),
            help=f'a choice of the {drop_down} drop-down, named like its config where '
            'no name is given; may be given several times',
        )
    add_predictor_arguments(parser)
    parser.add_argument(
        '--size-buckets',
        metavar='PRESET',
        help='ranges of object size of a benchmark: coco, aitod, sodad or tinyperson '
        '(default: sides of 0, 8, 16, 32 and 64 px, and more)',
    )
    parser.add_argument(
        '--score-thr',
        type=score,
        default=0.3,
        help='where the slider stands at first (default: %(default)s)',
    )
    parser.add_argument(
        '--host',
        default='127.0.0.1',
        help='address to listen at; 0.0.0.0 lets other machines in, without a '
        'password (default: %(default)s)',
    )
    parser.add_argument('--port', type=int, default=7860, help='default: %(default)s')


def main(args: argparse.Namespace) -> None:
    """Load the detectors and serve the page.

    Args:
        args (argparse.Namespace): Those of :func:`add_arguments`.

    Raises:
        SystemExit: If a detector cannot be loaded or the page cannot be served; one
            sentence.
    """
    from ..apps.web import ComparisonPage
    from ..apps.web.size_table import EVERY_SIZE
    from ..evaluation.metrics.size_buckets import parse_size_buckets

    try:
        preset = args.size_buckets
        buckets = EVERY_SIZE if preset is None else parse_size_buckets(preset)
        page = ComparisonPage(
            load('--baseline', args.baseline, args),
            load('--sodgan', args.sodgan, args),
            buckets,
            args.score_thr,
        )
        page.serve(args.host, args.port)
    except ValueError as error:
        raise SystemExit(str(error)) from None


def load(
    option: str, models: list[list[str]], args: argparse.Namespace
) -> dict[str, 'Predictor']:
    """Load the detectors of one drop-down, by name."""
    from ..apis import Predictor

    named = {}
    for words in models:
        if len(words) not in (2, 3):
            raise ValueError(
                f'{option} takes a config, a checkpoint and perhaps a name, not '
                f'{" ".join(words)}.'
            )
        config, checkpoint, name = (*words, Path(words[0]).stem)[:3]
        if name in named:
            raise ValueError(
                f'{option}: two models are named {name}; give a name as third word.'
            )
        named[name] = (config, checkpoint)
    return {
        name: Predictor(
            *files,
            device=args.device,
            native=args.native,
            max_pixels=args.max_pixels,
        )
        for name, files in named.items()
    }
