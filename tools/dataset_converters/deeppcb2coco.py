"""Convert DeepPCB to COCO annotation files; the images stay where they are."""

import argparse
import sys
from collections.abc import Sequence

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.deeppcb import convert


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(
        __doc__, 'PCBData, or the folder that holds it', 'data/deeppcb/annotations'
    )
    parser.add_argument(
        '--num-train',
        type=int,
        help='also write a training subset of so many images',
    )
    parser.add_argument(
        '--num-test', type=int, help='also write a test subset of so many images'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of the subsets (default: 0)'
    )
    return parser.parse_args(argv)


if __name__ == '__main__':
    sys.exit(run(convert, **vars(parse_args())))
