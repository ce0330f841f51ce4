import contextlib
import io
from collections.abc import Iterator

from mmengine.logging import MMLogger


@contextlib.contextmanager
def without_prints() -> Iterator[None]:
    """Swallow what libraries print beside their logs, pycocotools above all."""
    # If it is made within, it writes to what is thrown away, for good.
    MMLogger.get_current_instance()
    with contextlib.redirect_stdout(io.StringIO()):
        yield
