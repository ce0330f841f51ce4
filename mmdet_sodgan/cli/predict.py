"""``sodgan predict``: detect in images, folders, globs and videos."""

import argparse
import itertools
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .arguments import (
    add_cfg_options,
    add_predictor_arguments,
    check_writable,
    parse_cfg_options,
    positive,
    score,
)

EXAMPLES = """\
  sodgan predict image.png epoch_12.pth
  sodgan predict folder/ 'more/**/*.jpg' my_config.py epoch_12.pth --batch-size 8
  sodgan predict clip.mp4 my_config.py epoch_12.pth --score-thr 0.5 --device cuda:0
  sodgan predict small.png sodgan_config.py epoch_12.pth --native
  sodgan predict sodgan_r18_deeppcb image.png   # see SODGAN_WEIGHTS in the docs
  sodgan predict aerial.tif my_config.py epoch_12.pth --slice 640 --overlap 0.2
"""
#: Files that a sentence names; of those that failed, the others are in failed.csv.
MAX_NAMED = 5
#: Suffixes of the configs that MMEngine reads.
CONFIGS = ('.py', '.json', '.yaml', '.yml')
#: Suffixes of checkpoints.
CHECKPOINTS = ('.pth', '.pt', '.safetensors')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.usage = '%(prog)s INPUT ... [CONFIG] CHECKPOINT [options]'
    parser.add_argument(
        'paths',
        nargs='+',
        metavar='PATH',
        help='images, folders, patterns in quotes or videos; the config, where the one '
        'in the checkpoint is not to be used; last the checkpoint, '
        'or first or last the name of published weights',
    )
    parser.add_argument(
        '--out-dir',
        help='gets detections.json and images.json (COCO), detections.csv and the '
        'pictures in vis/; files of the same name are replaced (default: outputs, or '
        'outputs2 and so on where that holds files)',
    )
    parser.add_argument(
        '--score-thr',
        type=score,
        default=0.3,
        help='drawn, and in the CSV, above; the JSON has all (default: %(default)s)',
    )
    parser.add_argument(
        '--batch-size', type=positive, default=1, help='default: %(default)s'
    )
    add_predictor_arguments(parser)
    parser.add_argument(
        '--slice',
        type=positive,
        metavar='SIDE',
        help='detect in square slices of so many pixels (needs the extra slicing)',
    )
    parser.add_argument(
        '--overlap',
        type=fraction,
        default=0.2,
        help='of slices, as part of their side (default: %(default)s)',
    )
    parser.add_argument(
        '--no-save-vis', action='store_true', help='write no pictures and videos'
    )
    add_cfg_options(parser)


def fraction(text: str) -> float:
    """Parse a number in [0, 1), for argparse."""
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f'{text} is not in [0, 1)')
    return number


def main(args: argparse.Namespace) -> None:
    """Detect in the files and write what was found.

    Args:
        args (argparse.Namespace): Those of :func:`add_arguments`.

    Raises:
        SystemExit: If the arguments cannot be used, or, at the end, if files could
            not be predicted; one sentence.
    """
    from mmengine.utils import ProgressBar

    from ..apis.named_weights import find_weights
    from ..apis.predict_files import predict_files
    from ..apis.predictor import Predictor
    from ..apis.sources import count_images, find_skipped, find_sources
    from ..utils.keep_memory import keep_freed_memory

    inputs, config, checkpoint = split_paths(args.paths)
    try:
        if is_name(checkpoint):
            checkpoint = find_weights(checkpoint)
        sources = find_sources(inputs)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if skipped := find_skipped(inputs):
        names = ', '.join(str(path) for path in skipped[:MAX_NAMED])
        more = ', ...' if len(skipped) > MAX_NAMED else ''
        print(
            f'{len(skipped)} files are skipped, as their suffix is of no image or '
            f'video: {names}{more}.',
            file=sys.stderr,
        )
    out_dir = args.out_dir or free_folder('outputs')
    check_writable(out_dir, '--out-dir')
    keep_freed_memory()
    try:
        predictor = Predictor(
            config,
            checkpoint,
            device=args.device,
            native=args.native,
            cfg_options=parse_cfg_options(args.cfg_options),
            slice_side=args.slice,
            overlap=args.overlap,
            max_pixels=args.max_pixels,
        )
    except ValueError as error:
        raise SystemExit(str(error)) from None
    bar = ProgressBar(count_images(sources, args.max_pixels), file=sys.stderr)
    failures = predict_files(
        predictor,
        sources,
        out_dir,
        score_thr=args.score_thr,
        batch_size=args.batch_size,
        pictures=not args.no_save_vis,
        progress=bar.update,
    )
    print(file=sys.stderr)
    if failures:
        raise SystemExit(describe(failures, len(sources), out_dir))
    print(f'The results are in {out_dir}.')


def free_folder(name: str) -> str:
    """Number a folder so that results do not mix with those of an earlier run.

    Args:
        name (str): The folder.

    Returns:
        str: It, or it with the first number from 2 that is not there or is empty.
    """
    names = itertools.chain([name], (f'{name}{i}' for i in itertools.count(2)))
    return next(
        each
        for each in names
        if not Path(each).exists()
        or (Path(each).is_dir() and not any(Path(each).iterdir()))
    )


def split_paths(paths: Sequence[str]) -> tuple[list[str], str | None, str]:
    """Tell inputs, config and checkpoint apart.

    Args:
        paths (Sequence[str]): As typed; the checkpoint last, a config before it is
            known by its suffix. The name of weights may come first.

    Returns:
        tuple[list[str], str | None, str]: Inputs, config or None, checkpoint.

    Raises:
        SystemExit: 2, there is no input or no checkpoint.
    """
    *inputs, checkpoint = paths
    # 'sodgan predict NAME image.png', as one would say it.
    if is_name(paths[0]) and not is_checkpoint(checkpoint):
        checkpoint, *inputs = paths
    config = None
    if inputs and inputs[-1].endswith(CONFIGS):
        *inputs, config = inputs
    if not inputs or checkpoint.endswith(CONFIGS):
        what = 'a checkpoint' if checkpoint.endswith(CONFIGS) else 'an input'
        print(f'sodgan predict: {what} is missing, see --help.', file=sys.stderr)
        raise SystemExit(2)
    return inputs, config, checkpoint


def is_name(text: str) -> bool:
    """Tell the name of published weights from a path.

    Args:
        text (str): As typed.

    Returns:
        bool: Whether it has no suffix and is nothing on disk.
    """
    return bool(re.fullmatch(r'[\w-]+', text)) and not Path(text).exists()


def is_checkpoint(text: str) -> bool:
    """Tell a checkpoint, or the name of one, from images and configs.

    Args:
        text (str): As typed.

    Returns:
        bool: Whether it has the suffix of a checkpoint, or is a name.
    """
    return text.endswith(CHECKPOINTS) or is_name(text)


def describe(failures: list[tuple[str, str]], total: int, out_dir: str) -> str:
    """Say in one sentence which files could not be predicted."""
    reasons = [reason.rstrip('.') for _, reason in failures[:MAX_NAMED]]
    if len(failures) > MAX_NAMED:
        reasons.append(f'and {len(failures) - MAX_NAMED} more, see failed.csv')
    return (
        f'{len(failures)} of {total} inputs could not be predicted wholly, the results '
        f'of the others are in {out_dir}: {"; ".join(reasons)}.'
    )
