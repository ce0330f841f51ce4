"""Check the installation, or a data set.

It works where the stack is broken, too, and says what is.
"""

import argparse
import json
from dataclasses import asdict

EXAMPLES = """\
  sodgan doctor
  sodgan doctor --data train.json --img-dir train/
  sodgan doctor --data train.json --img-dir train/ --config my_config.py
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand.

    Args:
        parser (argparse.ArgumentParser): Its parser.
    """
    parser.add_argument(
        '--data',
        metavar='ANN.json',
        help='report all problems of a data set in COCO format in place of those of '
        'the installation',
    )
    parser.add_argument(
        '--img-dir', metavar='DIR', help='folder of its images; all are decoded'
    )
    parser.add_argument(
        '--config',
        help='config to be trained, a Python file that is run: compares its classes, '
        'and takes its size buckets, max_pixels and image loader',
    )
    parser.add_argument('--json', action='store_true', help='print the report as JSON')


def main(args: argparse.Namespace) -> None:
    """Print the report.

    Args:
        args (argparse.Namespace): The arguments. Where the package cannot be
            imported, that is reported even where a data set is asked about.

    Raises:
        SystemExit: 1 if something that is needed is broken, or training refuses the
            data set; 2 for arguments that are wrong.
    """
    if args.data is None and (args.img_dir or args.config):
        raise SystemExit('--img-dir and --config go with --data ANN.json.')
    from ..apps.doctor.environment import import_error

    if args.data is not None and import_error() is None:
        broken = _report_data(args)
    else:
        broken = _report_environment(args)
    if broken:
        raise SystemExit(1)


def _report_environment(args: argparse.Namespace) -> bool:
    """Print what :func:`inspect_environment` finds, as soon as it does."""
    from ..apps.doctor.environment import inspect_environment

    findings = []
    for finding in inspect_environment():
        findings.append(finding)
        if not args.json:
            mark = '!!' if finding.broken else ' -' if finding.remedy else '  '
            print(f'{mark} {finding.name:24} {finding.value}')
            if finding.remedy:
                print(f'{"":27} -> {finding.remedy}')
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    number = sum(finding.broken for finding in findings)
    if not args.json:
        print(
            f'\n{number} things are broken.'
            if number
            else '\nAll that is needed works.'
        )
    return number > 0


def _report_data(args: argparse.Namespace) -> bool:
    """Print what is wrong with the data set."""
    from ..apps.doctor.dataset_report import inspect_dataset, options_of_config

    try:
        options = {} if args.config is None else options_of_config(args.config)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    report = inspect_dataset(args.data, args.img_dir, **options)
    print(json.dumps(asdict(report), indent=1) if args.json else report.to_text())
    return report.refused
