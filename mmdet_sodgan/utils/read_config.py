from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config


def read_config(path: str | Path, options: Mapping | None = None) -> Config:
    """Read a config file, which is run where it is Python.

    Args:
        path (str | Path): The file.
        options (Mapping | None): Value by dotted key, laid over it. Defaults to None.

    Returns:
        Config: The config.

    Raises:
        ValueError: There is no such file; one sentence.
    """
    if not Path(path).is_file():
        raise ValueError(f'There is no config {path}: correct the path.')
    config = Config.fromfile(path)
    config.merge_from_dict(dict(options or {}))
    return config
