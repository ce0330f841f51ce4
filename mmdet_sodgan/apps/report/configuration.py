from collections.abc import Iterator, Mapping
from pathlib import Path

from mmengine.config import Config

import mmdet_sodgan

#: Keys that say where and when, not what.
PLACES = ('work_dir', 'launcher', 'resume', 'custom_imports')


def find_default(name: str) -> Path | None:
    """Find the config of the zoo with this file name.

    Args:
        name (str): E.g. ``'sodgan-faster-rcnn_r50_fpn_1x_coco.py'``.

    Returns:
        Path | None: Its path in the installed package or the repository.
    """
    package = Path(mmdet_sodgan.__file__).parent
    for folder in (package / '.mim/configs', package.parent / 'configs'):
        found = sorted(folder.glob(f'*/{name}'))
        if found:
            return found[0]
    return None


def differences(before: Config, after: Config) -> list[tuple[str, str, str]]:
    """List the keys in which two configs differ.

    Args:
        before (Config): One config.
        after (Config): Another.

    Returns:
        list[tuple[str, str, str]]: Dotted key, value before and after, as text;
        empty where a key is missing.
    """
    old, new = (dict(_flat(x.to_dict())) for x in (before, after))
    return [
        (key, old.get(key, ''), new.get(key, ''))
        for key in {**old, **new}
        if old.get(key) != new.get(key) and key.split('.')[0] not in PLACES
    ]


def _flat(value, key: str = '') -> Iterator[tuple[str, str]]:
    """Flatten a config to leaves by dotted key; lists of dicts go by number."""
    children = None
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, list | tuple) and any(isinstance(x, Mapping) for x in value):
        children = enumerate(value)
    if not children:
        yield key, repr(list(value) if isinstance(value, tuple) else value)
        return
    for name, child in children:
        yield from _flat(child, f'{key}.{name}' if key else str(name))
