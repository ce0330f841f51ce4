"""The console command ``sodgan``."""

import argparse
import importlib
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from logging import FileHandler

from mmdet_sodgan.utils.errors import UserError, one_line

#: What each subcommand does. Its module, of the same name beside this file, has
#: ``EXAMPLES`` (str), ``add_arguments(parser)`` and ``main(args)``. It imports the
#: stack, which takes seconds, in ``main`` alone.
COMMANDS = dict(
    init='make the configs of a project from a data set',
    predict='detect in images, folders, globs and videos',
    train='train a detector',
    test='test a checkpoint',
    eval='score detections that were written to a file',
    export='write the network of test time as ONNX',
    publish='make a checkpoint small and name it by its hash',
    report='tell a whole work folder in one HTML file',
    compare='train and compare SODGAN and the plain detector of a project',
    web='compare two checkpoints on a page in the browser',
    doctor='check the installation or a data set',
)

#: Kinds and beginnings of warnings of MMEngine that a user can do nothing about: it
#: uses old interfaces of setuptools and torch, and makes the inferencer's visualizer
#: without a folder.
KNOWN_WARNINGS = (
    (UserWarning, 'pkg_resources is deprecated as an API'),
    (FutureWarning, '`broadcast_buffers` is deprecated'),
    (
        UserWarning,
        "<class 'mmdet.visualization.local_visualizer.DetLocalVisualizer'> instance",
    ),
    (
        UserWarning,
        "Failed to add <class 'mmengine.visualization.vis_backend.LocalVisBackend'>",
    ),
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
    silence_known_warnings()
    # The doctor has to say what is broken.
    if args.command != 'doctor':
        prepare()
    run(lambda: args.main(args))


def silence_known_warnings() -> None:
    """Hide what MMEngine warns of and a user can do nothing about.

    The processes that load data hide it, too.
    """
    for kind, message in KNOWN_WARNINGS:
        warnings.filterwarnings('ignore', re.escape(message), kind)
    known = os.environ.get('PYTHONWARNINGS', '').split(',')
    ours = [f'ignore:{text}:{kind.__name__}' for kind, text in KNOWN_WARNINGS]
    # The later one wins, so the user's own come last.
    new = [each for each in ours if each not in known]
    os.environ['PYTHONWARNINGS'] = ','.join(filter(None, [*new, *known]))


def prepare() -> None:
    """Register the project's modules and make all loaders of checkpoints safe.

    Raises:
        SystemExit: The package cannot be imported.
    """
    try:
        from mmdet_sodgan.apis import enable_safe_loading
    # Libraries of the stack check their neighbours with assert.
    except Exception as error:
        reason = one_line(error)
        raise SystemExit(
            f'mmdet_sodgan cannot be imported ({reason}): `sodgan doctor` says what '
            'to do.'
        ) from None
    enable_safe_loading()


def run(command: Callable[[], object]) -> None:
    """Run a command that loads no file with code in it.

    It ends in one sentence, whatever fails. What was not foreseen leaves its traceback
    in the log file of the training or test, and on the screen where the variable
    ``SODGAN_TRACEBACK`` is set. Ctrl-C ends it with 130, and without a traceback.

    Args:
        command (Callable): The command.

    Raises:
        SystemExit: The command failed.
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
    except Exception as error:
        if os.environ.get('SODGAN_TRACEBACK'):
            raise
        where = log_traceback() or 'set SODGAN_TRACEBACK=1 to see it'
        reason = one_line(error).rstrip('.')
        raise SystemExit(
            f'{type(error).__name__}: {reason[:500]} (traceback: {where}).'
        ) from None


def log_traceback() -> str | None:
    """Write the traceback of the present exception to the log files of MMEngine.

    Returns:
        str | None: The last of these files, None without one.
    """
    logging = sys.modules.get('mmengine.logging')
    if logging is None:
        return None
    handlers = logging.MMLogger.get_current_instance().handlers
    files = [handler for handler in handlers if isinstance(handler, FileHandler)]
    for handler in files:
        handler.stream.write(traceback.format_exc())
        handler.flush()
    return files[-1].baseFilename if files else None


if __name__ == '__main__':
    main()
