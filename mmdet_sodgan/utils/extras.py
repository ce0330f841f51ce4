import importlib
from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Import a library of one of the project's extras.

    Args:
        module (str): Name of the module, e.g. ``'sahi'``.
        extra (str): Name of the extra in pyproject.toml, e.g. ``'slicing'``.

    Returns:
        ModuleType: The module.

    Raises:
        SystemExit: It is not installed; names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # Something that the library itself misses is another fault.
        if error.name != module.partition('.')[0]:
            raise
        raise SystemExit(
            f'{error.name} is not installed: pip install "mmdet_sodgan[{extra}]".'
        ) from None
