"""``sodgan train`` and ``mim train mmdet_sodgan``."""

import argparse

from .arguments import add_run_arguments, load_config, positive

EXAMPLES = """\
  sodgan train my_project/sodgan.py
  sodgan train my_config.py --resume --epochs 24
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_run_arguments(parser)
    parser.add_argument(
        '--epochs',
        type=positive,
        metavar='N',
        help='train N epochs, with schedule and validation scaled to them; a teacher '
        'that is trained first keeps its own number',
    )
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


def main(args: argparse.Namespace) -> None:
    """Train a config.

    Where it has ``teacher``, that config is trained first, what was interrupted goes
    on, and what is trained is left as it is. The other arguments, ``--epochs`` among
    them, hold for the named config alone.

    Args:
        args (argparse.Namespace): Those of :func:`add_arguments`.

    Raises:
        SystemExit: If the config does not have what an option needs, or the teacher's
            training ended early.
        UserError: If the config and its teacher do not agree.
    """
    from ..apis.origin import find_origin
    from ..apis.runner import build_runner, enable_amp, set_epochs, set_resume
    from ..apis.teacher_first import ensure_teacher, go_on
    from ..utils.keep_memory import keep_freed_memory

    keep_freed_memory()
    cfg = load_config(args)
    if args.epochs is not None:
        set_epochs(cfg, args.epochs)
    if args.amp:
        enable_amp(cfg)
    if args.auto_scale_lr:
        if 'base_batch_size' not in cfg.get('auto_scale_lr', {}):
            raise SystemExit(
                '--auto-scale-lr needs the batch size that the learning rates of '
                'the config are for: set auto_scale_lr.base_batch_size in it.'
            )
        cfg.auto_scale_lr.enable = True
    # Before the start becomes what is gone on from.
    origin = find_origin(cfg) if 'teacher' in cfg else None
    if 'teacher' in cfg and args.resume in (None, 'auto'):
        if not go_on(cfg):
            return
        # A training that goes on has the teacher in its checkpoint.
        if cfg.teacher is not None and not cfg.get('resume'):
            ensure_teacher(cfg, ('--verbose',) if args.verbose else ())
    elif args.resume is not None:
        set_resume(cfg, args.resume)
    runner = build_runner(cfg, quiet=not args.verbose)
    if origin is not None:
        # Each checkpoint holds it.
        runner.message_hub.update_info('origin', origin)
    try:
        runner.train()
    except KeyboardInterrupt:
        if runner.rank == 0:
            how = 'the same command' if origin is not None else '--resume'
            print(f'Interrupted; {how} goes on from the last checkpoint.')
        raise
