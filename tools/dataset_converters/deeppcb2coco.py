"""Convert DeepPCB to COCO annotation files; the images stay where they are."""

import argparse
import sys
from collections.abc import Sequence

from mmdet_sodgan.datasets.converters.deeppcb import convert


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', help='PCBData, or the folder that holds it')
    parser.add_argument(
        '--out-dir',
        default='data/deeppcb/annotations',
        help='folder for the JSON files (default: %(default)s)',
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


def main(argv: Sequence[str] | None = None) -> int:
    """Convert and print what was written."""
    args = parse_args(argv)
    try:
        written = convert(
            args.source, args.out_dir, args.num_train, args.num_test, args.seed
        )
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    for path, coco in written.items():
        print(f'{path}: {len(coco["images"])} images, {len(coco["annotations"])} boxes')
    return 0


if __name__ == '__main__':
    sys.exit(main())
