"""Convert VisDrone-DET to COCO annotation files; the images stay where they are."""

import sys

from mmdet_sodgan.datasets.converters.coco_json import make_parser, run
from mmdet_sodgan.datasets.converters.visdrone import convert

if __name__ == '__main__':
    parser = make_parser(
        __doc__,
        'the folder that holds VisDrone2019-DET-train and so on',
        'data/visdrone/annotations',
    )
    sys.exit(run(convert, **vars(parser.parse_args())))
