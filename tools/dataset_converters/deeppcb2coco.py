"""Convert DeepPCB to COCO annotation files; the images stay where they are."""

import argparse
import sys
from collections.abc import Sequence

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.deeppcb import convert
from mmdet_sodgan.datasets.converters.subsets import add_subset_arguments


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = make_parser(
        __doc__, 'PCBData, or the folder that holds it', 'data/deeppcb/annotations'
    )
    add_subset_arguments(parser)
    return parser.parse_args(argv)


if __name__ == '__main__':
    sys.exit(run(convert, **vars(parse_args())))
