"""The console command ``sodgan``."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence

from mmdet_sodgan.utils.errors import UserError

#: What each subcommand does. Its module, of the same name beside this file, has
#: ``EXAMPLES`` (str), ``add_arguments(parser)`` and ``main(args)``. It imports the
#: stack, which takes seconds, in ``main`` alone.
COMMANDS = dict(
    predict='detect in images, folders, globs and videos',
    train='train a detector',
    test='test a checkpoint',
    eval='score detections that were written to a file',
    export='write the network of test time as ONNX',
    publish='make a checkpoint small and name it by its hash',
    report='tell a whole work folder in one HTML file',
    web='compare two checkpoints on a page in the browser',
    doctor='check the installation or a data set',
)


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the command line and run one subcommand.

    Args:
        argv (Sequence[str] | None): Arguments, those of the process by default.

    Raises:
        SystemExit: 2 with a usage message for arguments that are wrong; 1 with a
            sentence for input that cannot be used.
    """
    # Before torch is imported: its threads otherwise keep a core busy while they
    # wait, and a prediction beside another process takes ten times as long.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog='sodgan', description=__doc__)
    subparsers = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name, text in COMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=text,
            description=f'{text[0].upper()}{text[1:]}.',
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in argv[:1]:
            module = importlib.import_module(f'.{name}', __package__)
            subparser.epilog = f'examples:\n{module.EXAMPLES}'
            module.add_arguments(subparser)
            subparser.set_defaults(main=module.main)
    args = parser.parse_args(argv)
    # The doctor has to say what is broken.
    if args.command != 'doctor':
        prepare()
    run(lambda: args.main(args))


def prepare() -> None:
    """Register the project's modules and make all loaders of checkpoints safe.

    Raises:
        SystemExit: The package cannot be imported.
    """
    try:
        from mmdet_sodgan.apis import enable_safe_loading
    # Libraries of the stack check their neighbours with assert.
    except Exception as error:
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise SystemExit(
            f'mmdet_sodgan cannot be imported ({reason}): `sodgan doctor` says what '
            'to do.'
        ) from None
    enable_safe_loading()


def run(command: Callable[[], object]) -> None:
    """Run a command that loads no file with code in it.

    It ends in one sentence where a checkpoint cannot be loaded or written, where a
    data set cannot be used, and where :class:`GANWatchHook` stops the training; and
    without a word, with 130, by Ctrl-C.

    Args:
        command (Callable): The command.

    Raises:
        SystemExit: In these cases.
    """
    # Checkpoints are safe without it; this is for whatever else a config reads.
    os.environ['TORCH_FORCE_WEIGHTS_ONLY_LOAD'] = '1'
    os.environ.pop('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', None)
    try:
        command()
    except UserError as error:
        # Without the traceback of a worker process.
        raise SystemExit(error.sentence) from None
    except KeyboardInterrupt:
        # As a shell reports what Ctrl-C has ended.
        raise SystemExit(128 + signal.SIGINT) from None


if __name__ == '__main__':
    main()
