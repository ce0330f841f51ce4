"""``sodgan test`` and ``mim test mmdet_sodgan``."""

import argparse

from .arguments import add_run_arguments, load_config

EXAMPLES = """\
  sodgan test my_config.py work_dirs/my_config/epoch_12.pth
  sodgan test my_config.py epoch_12.pth --cfg-options test_evaluator.classwise=True
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_run_arguments(parser)
    parser.add_argument('checkpoint', help='path of the checkpoint')
    parser.add_argument('--out', help='also write the predictions to this .pkl file')
    parser.add_argument('--show', action='store_true', help='show the predictions')
    parser.add_argument(
        '--show-dir', help='draw the predictions to <work_dir>/<time>/<this folder>'
    )
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds between images of --show'
    )
    parser.add_argument('--tta', action='store_true', help='augment the test images')


def main(args: argparse.Namespace) -> None:
    """Test a checkpoint.

    Args:
        args (argparse.Namespace): Those of :func:`add_arguments`.

    Raises:
        SystemExit: If ``--out`` is no pickle, or the config lacks what ``--tta``
            needs.
    """
    from mmdet.engine.hooks.utils import trigger_visualization_hook
    from mmdet.evaluation import DumpDetResults

    from ..apis.runner import build_runner, use_test_time_augmentation
    from ..utils.keep_memory import keep_freed_memory

    if args.out is not None and not args.out.endswith(('.pkl', '.pickle')):
        raise SystemExit(f'--out is {args.out}, must end with .pkl or .pickle.')
    cfg = load_config(args)
    cfg.load_from = args.checkpoint
    keep_freed_memory()
    if args.show or args.show_dir:
        trigger_visualization_hook(cfg, args)
    if args.tta:
        use_test_time_augmentation(cfg)
    runner = build_runner(cfg, stages=('test',), quiet=not args.verbose)
    if args.out is not None:
        runner.test_evaluator.metrics.append(DumpDetResults(out_file_path=args.out))
    runner.test()
