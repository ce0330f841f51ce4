"""Arguments that the commands share, and what is done with them first."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.image_bounds import MAX_PIXELS

if TYPE_CHECKING:
    from mmengine.config import Config


class _KeysAndValues(argparse.Action):
    """Takes words with ``=``; what has none is a usage error."""

    def __call__(self, parser, namespace, values, option_string=None):
        for value in values:
            if '=' not in value:
                parser.error(f'argument {option_string}: {value} is not KEY=VALUE')
        setattr(namespace, self.dest, values)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that training and testing share.

    Args:
        parser (argparse.ArgumentParser): The command's parser, changed in place.
    """
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        '--work-dir', help='folder of the results, default ./work_dirs/<config name>'
    )
    add_cfg_options(parser)
    parser.add_argument(
        '--verbose',
        action='store_true',
        help="show MMEngine's whole log on the screen, with config and environment",
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm', 'mpi'), default='none'
    )
    # torch's launcher has used both spellings.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``, by which keys of the config are changed.

    Args:
        parser (argparse.ArgumentParser): The command's parser, changed in place.
    """
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=_KeysAndValues,
        metavar='KEY=VALUE',
        help='change keys of the config, e.g. train_cfg.max_epochs=3 '
        'model.backbone.depth=18 a_list="[1,2]" (no spaces in a value)',
    )


def parse_cfg_options(words: Sequence[str] | None) -> dict[str, object]:
    """Read what was given to ``--cfg-options``, as MMEngine's tools do.

    Args:
        words (Sequence[str] | None): Each ``KEY=VALUE``; None without the option.

    Returns:
        dict[str, object]: Value by dotted key.
    """
    from mmengine.config import DictAction

    parser = argparse.ArgumentParser()
    parser.add_argument('--options', nargs='+', action=DictAction, default={})
    return parser.parse_args(['--options', *words] if words else []).options


def add_predictor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what :class:`mmdet_sodgan.apis.Predictor` asks of a user in each command.

    Args:
        parser (argparse.ArgumentParser): The command's parser, changed in place.
    """
    parser.add_argument('--device', help='cpu, cuda:0, ... (default: cuda if there)')
    parser.add_argument(
        '--native',
        action='store_true',
        help='take images as low-resolution input, do not degrade them first',
    )
    parser.add_argument(
        '--max-pixels',
        type=positive,
        default=MAX_PIXELS,
        help='width times height above which an image is not read (default: '
        '%(default)s)',
    )


def positive(text: str) -> int:
    """Parse a whole number from 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{text} is less than 1')
    return number


def score(text: str) -> float:
    """Parse a number in [0, 1], for argparse."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f'{text} is not in [0, 1]')
    return number


def load_config(args: argparse.Namespace) -> 'Config':
    """Read the config that the arguments name and change.

    Args:
        args (argparse.Namespace): Those of :func:`add_run_arguments` are among them.

    Returns:
        Config: The config, with ``launcher`` and ``work_dir`` set.

    Raises:
        SystemExit: If there is no such config, or ``work_dir`` cannot be written to.
    """
    from ..utils.read_config import read_config

    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    try:
        cfg = read_config(args.config, parse_cfg_options(args.cfg_options))
    except ValueError as error:
        raise SystemExit(str(error)) from None
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(args.config).stem))
    check_writable(cfg.work_dir)
    return cfg


def check_writable(folder: str, option: str = '--work-dir') -> None:
    """Make a folder and prove, before any work is done, that it takes files.

    Args:
        folder (str): The folder.
        option (str): The option by which it is chosen.

    Raises:
        SystemExit: If it cannot be made or written to.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SystemExit(
            f'The {option[2:].replace("-", "_")} {folder} cannot be written to '
            f'({error.strerror}): choose another one with {option}.'
        ) from None
