"""Test a detector: the command of ``mim test mmdet_sodgan``."""

from mmdet.engine.hooks.utils import trigger_visualization_hook
from mmdet.evaluation import DumpDetResults
from mmengine.config import ConfigDict

import mmdet_sodgan  # noqa: F401, registers the modules, makes checkpoints loadable
from mmdet_sodgan.utils.cli import build_runner, load_config, make_parser, run


def parse_args():
    parser = make_parser('Test a detector')
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
    args = parser.parse_args()
    if args.out is not None and not args.out.endswith(('.pkl', '.pickle')):
        parser.error(f'--out is {args.out}, must end with .pkl or .pickle')
    return args


def use_test_time_augmentation(cfg):
    """Wrap the model and change the pipeline as the config says.

    Raises:
        SystemExit: If the config does not say.
    """
    missing = [key for key in ('tta_model', 'tta_pipeline') if key not in cfg]
    if missing:
        raise SystemExit(
            f'--tta needs {" and ".join(missing)} in the config: see '
            f'mmdet::retinanet/retinanet_tta.py for an example.'
        )
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline


def main():
    args = parse_args()
    cfg = load_config(args)
    cfg.load_from = args.checkpoint
    if args.show or args.show_dir:
        trigger_visualization_hook(cfg, args)
    if args.tta:
        use_test_time_augmentation(cfg)
    runner = build_runner(cfg)
    if args.out is not None:
        runner.test_evaluator.metrics.append(DumpDetResults(out_file_path=args.out))
    runner.test()


if __name__ == '__main__':
    run(main)
