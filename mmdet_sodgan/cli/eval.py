"""``sodgan eval``: score detections that were written to a file."""

import argparse
from pathlib import Path

from .arguments import positive

EXAMPLES = """\
  sodgan eval annotations/val.json outputs/detections.json
  sodgan eval val.json outputs/detections.json --size-buckets aitod --max-dets 1500
  sodgan eval val.json outputs/detections.json --size-buckets 0 8 16 32 1e5
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument('annotations', type=Path, help='ground truth in COCO format')
    parser.add_argument(
        'detections', type=Path, help="in COCO's format of results, as predict writes"
    )
    parser.add_argument(
        '--images',
        type=Path,
        help='list of the images that the detections refer to (default: images.json '
        'beside them, if it is there; else their ids are those of the ground truth)',
    )
    parser.add_argument(
        '--size-buckets',
        nargs='+',
        default=['coco'],
        metavar='PRESET|EDGE',
        help='coco, aitod, sodad, tinyperson, or edges in pixels of the side '
        '(default: coco)',
    )
    parser.add_argument(
        '--max-dets',
        type=positive,
        default=100,
        help='of each image and class that bbox_size uses (default: %(default)s)',
    )
    parser.add_argument('--classwise', action='store_true', help='also each class')
    parser.add_argument(
        '--out-dir',
        help='gets bbox_size.json and ap_by_size.png (default: the folder of the '
        'detections)',
    )


def main(args: argparse.Namespace) -> None:
    """Score the detections and print the metrics.

    Args:
        args (argparse.Namespace): Those of :func:`add_arguments`.

    Raises:
        SystemExit: If a file is not as it must be; one sentence.
    """
    from ..evaluation.detections import evaluate_detections

    out_dir = args.out_dir or str(args.detections.parent)
    images = args.images
    beside = args.detections.with_name('images.json')
    if images is None and beside.is_file():
        images = beside
    try:
        metrics = evaluate_detections(
            args.annotations,
            args.detections,
            images,
            size_buckets=_parse_buckets(args.size_buckets),
            size_max_dets=args.max_dets,
            classwise=args.classwise,
            out_dir=out_dir,
        )
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(
        f'{metrics["num_missing"]} images of {args.annotations} have no prediction, '
        f'{metrics["num_unknown"]} that were predicted are not in it.'
    )


def _parse_buckets(words: list[str]) -> str | list[float]:
    """Parse the name of a preset, or edges."""
    try:
        return [float(word) for word in words]
    except ValueError:
        return ' '.join(words)
