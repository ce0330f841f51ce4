"""The console command ``sodgan``."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from mmdet_sodgan.utils.cli import run

#: What each subcommand does. Its module, of the same name beside this file, has
#: ``EXAMPLES`` (str), ``add_arguments(parser)`` and ``main(args)``.
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
        # Only the one that is asked for: the others' libraries may be missing.
        if name in argv[:1]:
            module = importlib.import_module(f'.{name}', __package__)
            subparser.epilog = f'examples:\n{module.EXAMPLES}'
            module.add_arguments(subparser)
            subparser.set_defaults(main=module.main)
    args = parser.parse_args(argv)
    run(lambda: args.main(args))


if __name__ == '__main__':
    main()
