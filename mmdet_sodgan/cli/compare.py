"""Train SODGAN and the plain detector of a project, and compare them in one page."""

import argparse
from pathlib import Path

from .report import add_page_arguments, write_report

EXAMPLES = """\
  sodgan compare my_project
  sodgan compare my_project --num-images 8 --out comparison.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand.

    Args:
        parser (argparse.ArgumentParser): Its parser.
    """
    parser.add_argument('folder', type=Path, help='folder that sodgan init made')
    parser.add_argument(
        '--verbose', action='store_true', help="show MMEngine's log of the trainings"
    )
    add_page_arguments(parser, 'FOLDER/report.html')


def main(args: argparse.Namespace) -> None:
    """Train what is not trained, test, write the page and print its path.

    Args:
        args (argparse.Namespace): The arguments.

    Raises:
        UserError: What is trained is not what the configs say.
        SystemExit: The folder is no project, a training ended early (with its exit
            code), or a file cannot be read or written.
    """
    from ..apis.teacher_first import find_trained, last_checkpoint, train_in_process
    from ..apps.report.project import RUNS
    from ..utils.extras import require
    from ..utils.read_config import read_config

    # Before hours of training.
    for module in ('jinja2', 'tidecv'):
        require(module, 'report')
    missing = []
    for name in RUNS:
        path = args.folder / f'{name}.py'
        try:
            cfg = read_config(path)
            if find_trained(cfg) != last_checkpoint(cfg):
                missing.append(path)
        except ValueError as error:
            raise SystemExit(f'{args.folder} is no project: {error}') from None
    for path in missing:
        print(f'Trains {path}', flush=True)
        train_in_process(path, ('--verbose',) if args.verbose else ())
    write_report(
        args.folder,
        out=args.out,
        score_thr=args.score_thr,
        num_images=args.num_images,
    )
