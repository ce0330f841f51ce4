"""``sodgan export``: write a detector as an ONNX file."""

import argparse
from pathlib import Path

EXAMPLES = """
  sodgan export my_config.py work_dirs/my_config/epoch_12.pth --out model.onnx
  sodgan export my_config.py epoch_12.pth --out model.onnx --images a.png b.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument('config', help='path of the config')
    parser.add_argument('checkpoint', help='path of the checkpoint')
    parser.add_argument('--out', required=True, metavar='FILE', help='the ONNX file')
    parser.add_argument(
        '--images',
        nargs='+',
        metavar='IMAGE',
        help='images of low resolution with objects, on which onnxruntime must agree '
        'with PyTorch (default: synthetic ones)',
    )


def main(args: argparse.Namespace) -> None:
    """Export, compare, and say how well they agree.

    Raises:
        SystemExit: A file cannot be read, the detector cannot be exported, or
            onnxruntime disagrees.
    """
    from ..deploy.export_onnx import export_onnx
    from ..deploy.native_model import load_native, make_images, read_images

    out = Path(args.out)
    if not out.parent.is_dir():
        raise SystemExit(f'There is no folder {out.parent} for --out.')
    try:
        model = load_native(args.config, args.checkpoint)
        if args.images:
            images = read_images(args.images, model.cfg)
        else:
            images = make_images(model.cfg)
        found = export_onnx(model, out, images)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print(
        f'{out}: {out.stat().st_size / 1e6:.1f} MB; {found.count} detections agree '
        f'within {found.box_error:.2g} px and a score of {found.score_error:.2g}.'
    )
