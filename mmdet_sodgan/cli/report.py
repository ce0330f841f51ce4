"""Tell a whole work folder in one HTML file."""

import argparse
from pathlib import Path

EXAMPLES = """\
  sodgan report my_project
  sodgan report work_dirs/my_config --compare work_dirs/baseline --out report.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand.

    Args:
        parser (argparse.ArgumentParser): Its parser.
    """
    parser.add_argument(
        'work_dir',
        type=Path,
        help='folder of a training or test, or of sodgan init, whose baseline is '
        'compared if it is trained; its config, a Python file, is run',
    )
    parser.add_argument(
        '--compare', type=Path, metavar='WORK_DIR', help='folder of a second run'
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
    add_page_arguments(parser, 'WORK_DIR/report.html')


def add_page_arguments(parser: argparse.ArgumentParser, default: str) -> None:
    """Add what is asked of the page in each command that writes it.

    Args:
        parser (argparse.ArgumentParser): The command's parser.
        default (str): Where the page is written by default.
    """
    parser.add_argument('--out', type=Path, help=f'file to write, default {default}')
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
    write_report(
        args.work_dir,
        compare=args.compare,
        out=args.out,
        detections=args.detections,
        checkpoint=args.checkpoint,
        test=not args.no_test,
        score_thr=args.score_thr,
        num_images=args.num_images,
    )


def write_report(
    folder: Path,
    *,
    compare: Path | None = None,
    out: Path | None = None,
    detections: Path | None = None,
    checkpoint: Path | None = None,
    test: bool = True,
    **options,
) -> None:
    """Write the page of a work folder or a project and print its path.

    Args:
        folder (Path): The folder.
        compare (Path | None): Work folder of a second run. Defaults to None, the
            baseline of a project, if it is trained.
        out (Path | None): The file. Defaults to None, ``report.html`` in the folder.
        detections (Path | None): See :func:`mmdet_sodgan.apps.report.summarise`.
        checkpoint (Path | None): Likewise.
        test (bool): Likewise; without it nothing is timed either.
        **options: Likewise.

    Raises:
        SystemExit: A folder is no work_dir, or a file cannot be read or written.
    """
    from ..apps.report import (
        find_runs,
        pair_sizes,
        read_work_dir,
        render_page,
        summarise,
        time_in_turns,
    )
    from ..utils.atomic_write import write_atomically

    try:
        folders = find_runs(folder)
        if compare is not None:
            folders = [folders[0], compare]
        runs = [read_work_dir(path) for path in folders]
        summaries = [
            summarise(
                runs[0],
                detections=detections,
                checkpoint=checkpoint,
                test=test,
                **options,
            )
        ]
        if len(runs) > 1:
            summaries.append(summarise(runs[1], test=test, **options))
        if len(runs) > 1 and test:
            time_in_turns(summaries)
        out = out or folder / 'report.html'
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, render_page(summaries, options['score_thr']).encode())
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    if len(runs) > 1:
        for label, number, first, second in pair_sizes(*summaries):
            print(
                f'AP, {label} ({number} objects): {runs[0].name} {100 * first:.1f}, '
                f'{runs[1].name} {100 * second:.1f}'
            )
    print(out)
