"""Draw AP against object size of several models in one picture."""

import argparse
import sys
from pathlib import Path

from mmdet_sodgan.evaluation.metrics.size_report import load_report, plot_ap_by_size


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'reports', nargs='+', help='bbox_size.json files written by SizeCocoMetric'
    )
    parser.add_argument(
        '--labels', nargs='+', help='a name per report; default: the paths'
    )
    parser.add_argument(
        '--out', default='ap_by_size.png', help='picture to write, e.g. .png or .pdf'
    )
    args = parser.parse_args(argv)
    args.labels = args.labels or args.reports
    if len(args.labels) != len(args.reports):
        parser.error(f'{len(args.reports)} reports but {len(args.labels)} labels')
    if len(set(args.labels)) != len(args.labels):
        parser.error('labels must differ from each other')
    return args


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        reports = [load_report(path) for path in args.reports]
        plot_ap_by_size(dict(zip(args.labels, reports, strict=True)), Path(args.out))
    except (OSError, ValueError) as error:
        sys.exit(f'plot_ap_by_size: {error}')


if __name__ == '__main__':
    main()
