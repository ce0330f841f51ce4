from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from ...utils.atomic_write import write_atomically


@register_backend('atomic_local')
class AtomicLocalBackend(LocalBackend):
    """Local files that are never seen half written.

    Chosen by ``backend_args=dict(backend='atomic_local')``.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes by way of a temporary file.

        Args:
            obj (bytes): Contents.
            filepath (str | Path): The file; its folder is made.

        Raises:
            DiskFullError: The contents do not fit on the disk.
        """
        Path(filepath).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(filepath, obj)

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Write text by way of a temporary file."""
        self.put(obj.encode(encoding), filepath)
