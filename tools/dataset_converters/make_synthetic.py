"""Make a COCO-format data set of synthetic small objects."""

import argparse
import sys
from collections.abc import Sequence

from mmdet_sodgan.datasets.synthetic import PATTERNS, generate


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument('--out-dir', default='data/synthetic', help='folder to make')
    parser.add_argument('--num-train', type=int, default=400, help='training images')
    parser.add_argument('--num-val', type=int, default=100, help='validation images')
    parser.add_argument(
        '--image-size',
        type=int,
        nargs=2,
        default=(256, 256),
        metavar=('WIDTH', 'HEIGHT'),
        help='size of the high-resolution images in pixels',
    )
    parser.add_argument(
        '--num-classes', type=int, default=6, help=f'1 to {len(PATTERNS)}'
    )
    parser.add_argument('--seed', type=int, default=0, help='seed')
    parser.add_argument(
        '--size-range',
        type=float,
        nargs=2,
        default=(4.0, 40.0),
        metavar=('MIN', 'MAX'),
        help='side of the objects in pixels of the high-resolution images',
    )
    parser.add_argument(
        '--objects-per-image',
        type=int,
        nargs=2,
        default=(8, 20),
        metavar=('MIN', 'MAX'),
        help='objects drawn in an image',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the set unless it is there."""
    args = parse_args(argv)
    try:
        written = generate(**vars(args))
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    state = 'written' if written else 'is there already'
    print(f'{args.out_dir}: {args.num_train} + {args.num_val} images, {state}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
