"""Check the installation, a data set, or a config.

It works where the stack is broken, too, and says what is.
"""

import argparse
import json
from dataclasses import asdict

EXAMPLES = """\
  sodgan doctor
  sodgan doctor --config my_config.py
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
        help='config to be trained, a Python file that is run: alone, its parts are '
        'compared with each other; with --data, its classes with those of the file, '
        'and it gives size buckets, max_pixels, filter_cfg and image loader',
    )
    parser.add_argument('--json', action='store_true', help='print the report as JSON')


def main(args: argparse.Namespace) -> None:
    """Print the report.

    Args:
        args (argparse.Namespace): The arguments. Where the package cannot be
            imported, that is reported even where a data set is asked about.

    Raises:
        SystemExit: 1 if something that is needed is broken, training refuses the
            data set, or parts of the config contradict each other; 2 for arguments
            that are wrong.
    """
    if args.data is None and args.img_dir:
        raise SystemExit('--img-dir goes with --data ANN.json.')
    from ..apps.doctor.environment import import_error

    if args.data is not None and import_error() is None:
        broken = _report_data(args)
    elif args.config is not None and import_error() is None:
        broken = _report_config(args)
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


def _report_config(args: argparse.Namespace) -> bool:
    """Print where parts of a config do not agree."""
    from ..apps.doctor.config_report import inspect_config

    error, warnings = None, []
    try:
        warnings = inspect_config(args.config)
    except ValueError as caught:
        error = str(caught)
    if args.json:
        print(json.dumps(dict(error=error, warnings=warnings), indent=1))
    else:
        print(*warnings, sep='\n', end='\n' if warnings else '')
        agree = 'do not contradict each other; see above' if warnings else 'agree'
        print(error or f'The parts of {args.config} {agree}.')
    return error is not None


def _report_data(args: argparse.Namespace) -> bool:
    """Print what is wrong with the data set."""
    from ..apps.doctor.dataset_options import options_of_config
    from ..apps.doctor.inspect_dataset import inspect_dataset

    try:
        options = (
            {} if args.config is None else options_of_config(args.config, args.data)
        )
    except ValueError as error:
        raise SystemExit(str(error)) from None
    report = inspect_dataset(args.data, args.img_dir, **options)
    print(json.dumps(asdict(report), indent=1) if args.json else report.to_text())
    return report.refused
