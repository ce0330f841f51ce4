"""``sodgan publish``: write the weights that a prediction needs."""

import argparse

EXAMPLES = """
  sodgan publish my_config.py work_dirs/my_config/epoch_12.pth --out-dir published
  sodgan publish my_config.py epoch_12.pth --out-dir published --name sodgan_boards
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument('config', help='path of the config')
    parser.add_argument('checkpoint', help='path of the checkpoint')
    parser.add_argument('--out-dir', required=True, help='folder of the files')
    parser.add_argument(
        '--name', help="start of the files' names (default: the checkpoint's)"
    )
    parser.add_argument(
        '--half', action='store_true', help='numbers of 16 bits, for half of the size'
    )


def main(args: argparse.Namespace) -> None:
    """Publish, and print what it saved.

    Raises:
        SystemExit: There is no such config, or the checkpoint does not fit it.
    """
    from ..deploy.publish import publish

    try:
        done = publish(args.config, args.checkpoint, args.out_dir, args.name, args.half)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from None
    print(f'{args.checkpoint}: {done.size_before / 1e6:.1f} MB')
    if done.removed:
        print(f'without {", ".join(done.removed)}, which only training needs')
    for path in (done.weights, done.safetensors):
        print(f'{path}: {path.stat().st_size / 1e6:.1f} MB')
