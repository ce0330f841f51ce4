"""Detect in an image or a folder of images, through mmdet's DetInferencer."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmdet.apis import DetInferencer
from mmengine.config import Config

import mmdet_sodgan  # noqa: F401  (registers the modules, allows safe checkpoints)
from mmdet_sodgan.utils.cli import check_writable, run
from mmdet_sodgan.utils.native_test import use_native_test


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('inputs', help='image, or folder of images')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--out-dir', default='outputs', help='pictures and JSON (default: %(default)s)'
    )
    parser.add_argument('--device', help='cpu or cuda:0 (default: what there is)')
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='drawn above (default: %(default)s)',
    )
    parser.add_argument(
        '--native',
        action='store_true',
        help='take the images as low-resolution input, do not degrade them first',
    )
    args = parser.parse_args(argv)
    for path in (args.inputs, args.config):
        if not Path(path).exists():
            parser.error(f'there is no {path}')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Run the inferencer."""
    args = parse_args(argv)
    check_writable(args.out_dir)
    config = Config.fromfile(args.config)
    if args.native:
        try:
            use_native_test(config)
        except ValueError as error:
            raise SystemExit(f'--native: {error}') from None
    inferencer = DetInferencer(config, args.checkpoint, device=args.device)
    inferencer(
        args.inputs,
        out_dir=args.out_dir,
        pred_score_thr=args.score_thr,
        no_save_pred=False,
    )


if __name__ == '__main__':
    run(main)
