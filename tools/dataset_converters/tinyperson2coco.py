"""Convert TinyPerson's annotations to plain COCO files of one class."""

import sys

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.tinyperson import convert

if __name__ == '__main__':
    parser = make_parser(
        __doc__,
        'tiny_set, the folder that holds annotations',
        'data/tinyperson/converted',
    )
    sys.exit(run(convert, **vars(parser.parse_args())))
