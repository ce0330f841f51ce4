"""Convert HIT-UAV to COCO files, split by flight setting; the images stay."""

import sys

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.hituav import convert
from mmdet_sodgan.datasets.converters.subsets import add_subset_arguments

if __name__ == '__main__':
    parser = make_parser(
        __doc__,
        'normal_json, the folder that holds annotations and images',
        'data/hit_uav/annotations',
    )
    add_subset_arguments(parser)
    sys.exit(run(convert, **vars(parser.parse_args())))
