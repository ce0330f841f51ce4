"""Make a project of a data set: three configs that train as they are."""

import argparse
from pathlib import Path

from .arguments import positive

EXAMPLES = """\
  sodgan init my_project --train train.json train/ --val val.json val/
  sodgan init my_project --train voc_folder/ --backbone mobilenet-v2 --epochs 12
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand.

    Args:
        parser (argparse.ArgumentParser): Its parser.
    """
    parser.add_argument('folder', type=Path, help='folder to make')
    parser.add_argument(
        '--train',
        nargs='+',
        type=Path,
        required=True,
        metavar=('ANN_OR_FOLDER', 'IMG_DIR'),
        help='COCO annotation file and folder of its images, or one folder in the '
        'layout of Pascal VOC or YOLO, or a data.yaml of YOLO; images stay where they '
        'are',
    )
    parser.add_argument(
        '--val',
        nargs='+',
        type=Path,
        metavar=('ANN_OR_FOLDER', 'IMG_DIR'),
        help='the same for validation; default: a fifth of the training images, whole '
        'videos where file names show frames',
    )
    network = parser.add_mutually_exclusive_group()
    network.add_argument(
        '--backbone',
        choices=('r18', 'r50', 'mobilenet-v2'),
        help='default: by the number of images and the GPUs',
    )
    network.add_argument(
        '--base',
        metavar='CONFIG',
        help='config of MMDetection to begin with (Faster, Mask or Cascade R-CNN with '
        'FPN, or RetinaNet), a path or mmdet::<folder>/<name>.py',
    )
    parser.add_argument(
        '--scale-factor',
        type=int,
        choices=(2, 4),
        default=2,
        help='side of the HR image over that of the LR image (default: 2)',
    )
    parser.add_argument(
        '--hr-size',
        nargs='+',
        type=positive,
        metavar=('SIDE', 'HEIGHT'),
        help="side, or width and height, of the HR image (default: the images' own)",
    )
    parser.add_argument('--epochs', type=positive, help='of the teacher')
    parser.add_argument(
        '--weights',
        type=Path,
        metavar='PATH',
        help='file with weights of the backbone (default: ImageNet weights from the '
        'network where it can be reached, else none)',
    )


def main(args: argparse.Namespace) -> None:
    """Make the project and tell what was chosen.

    Args:
        args (argparse.Namespace): The arguments.

    Raises:
        SystemExit: Arguments do not go together.
        UserError: The folder exists, or the data cannot be used; one sentence.
    """
    from ..apps.doctor.inspect_dataset import inspect_dataset
    from ..apps.project import make_project

    if args.hr_size is not None and len(args.hr_size) > 2:
        raise SystemExit('--hr-size takes one or two numbers.')
    lines = make_project(
        args.folder,
        {'train': args.train} | ({'val': args.val} if args.val else {}),
        inspect=inspect_dataset,
        backbone=args.backbone,
        base=args.base,
        weights=args.weights,
        scale_factor=args.scale_factor,
        hr_size=(args.hr_size[0], args.hr_size[-1]) if args.hr_size else None,
        epochs=args.epochs,
    )
    for line in lines:
        print(line, flush=True)
    print(f'Wrote {args.folder}/teacher.py, baseline.py and sodgan.py. Next:')
    print(f'  sodgan train {args.folder}/sodgan.py\n  sodgan compare {args.folder}')
