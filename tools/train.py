"""Train a detector: the command of ``mim train mmdet_sodgan``."""

import mmdet_sodgan  # noqa: F401, registers the modules, makes checkpoints loadable
from mmdet_sodgan.utils.amp import enable_amp
from mmdet_sodgan.utils.cli import (
    build_runner,
    load_config,
    make_parser,
    run,
    set_resume,
)


def parse_args():
    parser = make_parser('Train a detector')
    parser.add_argument('--amp', action='store_true', help='autocast to bfloat16')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rates by batch size / auto_scale_lr.base_batch_size',
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from a checkpoint, by default the latest in the work folder',
    )
    return parser.parse_args()


def main():
    args = parse_args()
    cfg = load_config(args)
    if args.amp:
        enable_amp(cfg)
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise SystemExit(
                '--auto-scale-lr needs the batch size that the learning rates of '
                'the config are for: set auto_scale_lr.base_batch_size in it.'
            )
        cfg.auto_scale_lr.enable = True
    if args.resume is not None:
        set_resume(cfg, args.resume)
    build_runner(cfg).train()


if __name__ == '__main__':
    run(main)
