import errno
import os
import shutil
from pathlib import Path

from .errors import UserError

# No space, no quota, file size limit.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(UserError, OSError):
    """A file does not fit on its disk."""


def write_atomically(path: str | Path, data: bytes | memoryview) -> None:
    """Write a file so that its name always stands for whole contents.

    The bytes go to ``<name>.tmp`` beside it, to the disk (fsync), and then under
    the name. A process that is killed leaves the old file, or the new one; what
    it leaves of the temporary one is overwritten the next time.

    Args:
        path (str | Path): The file; its folder must exist.
        data (bytes | memoryview): All of its contents.

    Raises:
        DiskFullError: It does not fit. The old file, if any, is still there.
    """
    path = Path(path)
    temporary = path.with_name(f'{path.name}.tmp')
    try:
        with temporary.open('wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno not in _FULL:
            raise
        free = shutil.disk_usage(path.parent).free
        raise DiskFullError(
            f'{path} cannot be written ({error.strerror}): it needs {len(data):,} '
            f'bytes and its disk has {free:,} free; make room or name another '
            'folder (of a training with --work-dir). Files written before are whole.'
        ) from None
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a renaming outlive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
