"""Detect in an image or a folder of images, through mmdet's DetInferencer."""

import argparse
from collections.abc import Sequence

import mmdet_sodgan  # noqa: F401  (registers the modules, allows safe checkpoints)


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
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the inferencer."""
    args = parse_args(argv)
    from mmdet.apis import DetInferencer
    from mmengine.config import Config

    from mmdet_sodgan.utils.native_test import use_native_test

    config = Config.fromfile(args.config)
    if args.native:
        use_native_test(config)
    inferencer = DetInferencer(config, args.checkpoint, device=args.device)
    inferencer(
        args.inputs,
        out_dir=args.out_dir,
        pred_score_thr=args.score_thr,
        no_save_pred=False,
    )


if __name__ == '__main__':
    main()
