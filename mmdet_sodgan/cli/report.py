"""Tell a whole work folder in one HTML file."""

import argparse
from pathlib import Path

EXAMPLES = """\
  sodgan report work_dirs/my_config
  sodgan report work_dirs/my_config --compare work_dirs/baseline --out report.html
  sodgan report work_dirs/my_config --checkpoint work_dirs/my_config/epoch_12.pth
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand.

    Args:
        parser (argparse.ArgumentParser): Its parser.
    """
    parser.add_argument(
        'work_dir',
        type=Path,
        help='folder of a training or test; its config, a Python file, is run',
    )
    parser.add_argument(
        '--compare', type=Path, metavar='WORK_DIR', help='folder of a second run'
    )
    parser.add_argument(
        '--out', type=Path, help='file to write, default WORK_DIR/report.html'
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        '--detections',
        type=Path,
        metavar='JSON',
        help='detections in COCO format; default: the newest *.bbox.json of the '
        'folder, if the last checkpoint is no newer, else that is tested',
    )
    source.add_argument(
        '--checkpoint', type=Path, help='weights to test, whatever is there'
    )
    source.add_argument(
        '--no-test', action='store_true', help='never test; name what is missing'
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='confidence from which on a detection counts for the score of an image '
        '(default: 0.3)',
    )
    parser.add_argument(
        '--num-images', type=int, default=4, help='best and worst images (default: 4)'
    )


def main(args: argparse.Namespace) -> None:
    """Write the page and print its path.

    Args:
        args (argparse.Namespace): The arguments.

    Raises:
        SystemExit: A folder is no work_dir, or a file cannot be read or written.
    """
    from ..apps.report import read_work_dir, render_page, summarise
    from ..utils.atomic_write import write_atomically

    options = dict(
        test=not args.no_test, score_thr=args.score_thr, num_images=args.num_images
    )
    try:
        runs = [read_work_dir(args.work_dir)]
        summaries = [
            summarise(
                runs[0],
                detections=args.detections,
                checkpoint=args.checkpoint,
                **options,
            )
        ]
        if args.compare is not None:
            summaries.append(summarise(read_work_dir(args.compare), **options))
        out = args.out or args.work_dir / 'report.html'
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, render_page(summaries, args.score_thr).encode())
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(out)
