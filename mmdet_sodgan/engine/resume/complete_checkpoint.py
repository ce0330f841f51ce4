import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import print_log

NAMES = ('epoch_*.pth', 'iter_*.pth', 'preempted.pth')


def is_complete(path: str | Path) -> bool:
    """Tell whether a file is a whole archive of ``torch.save``.

    All of it is read, as the checksum of every part must hold.

    Args:
        path (str | Path): The file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except PermissionError:
        raise
    # zipfile raises whatever a spoilt directory of an archive leads it to: BadZipFile,
    # UnicodeDecodeError, NotImplementedError, EOFError, OSError of a negative offset...
    except Exception:
        return False


def find_complete_checkpoint(
    folder: str | Path, names: Sequence[str] = NAMES
) -> Path | None:
    """Find the checkpoint from which an interrupted training can go on.

    It is the one that ``last_checkpoint`` names, by name alone where the folder
    has it, as it may have been moved; or a complete one of a higher number that was
    written after that file was: the process was ended before it could write the
    file again. Where the one that is named is missing or
    incomplete, left by a program that does not write atomically, the newest
    complete one takes its place, and a warning names what was skipped.

    Args:
        folder (str | Path): The run's ``work_dir``.
        names (Sequence[str]): Patterns of checkpoints with all training state.

    Returns:
        Path | None: None where nothing complete is left.
    """
    folder = Path(folder)
    pointer = folder / 'last_checkpoint'
    named = pointer.read_text().strip() if pointer.is_file() else ''
    found = [path for name in names for path in folder.glob(name)]
    newest_first = sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
    order = newest_first
    if named:
        moved = folder / Path(named).name
        later = [path for path in newest_first if _follows(path, pointer, named)]
        order = [*later, moved if moved.is_file() else Path(named), *newest_first]
    for path in order:
        if is_complete(path):
            return path
        print_log(
            f'{path} is missing or incomplete and is skipped: the process that wrote '
            'it was ended, or its disk was full.',
            logger='current',
            level=logging.WARNING,
        )
    return None


def _follows(path: Path, pointer: Path, named: str) -> bool:
    """Tell whether a checkpoint is of a later step than the one that is named."""
    kind, _, number = path.stem.rpartition('_')
    named_kind, _, named_number = Path(named).stem.rpartition('_')
    return (
        kind == named_kind
        and number.isdecimal()
        and named_number.isdecimal()
        and int(number) > int(named_number)
        and path.stat().st_mtime > pointer.stat().st_mtime
    )
