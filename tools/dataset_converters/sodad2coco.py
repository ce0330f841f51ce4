"""Convert SODA-D's annotations to plain COCO files."""

import sys

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.sodad import convert

if __name__ == '__main__':
    parser = make_parser(
        __doc__,
        'the folder that holds Annotations',
        'data/sodad/converted',
    )
    sys.exit(run(convert, **vars(parser.parse_args())))
