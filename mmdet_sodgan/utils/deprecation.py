"""Old names of configs and classes, which work for one release with a warning."""

import warnings

from mmengine.registry import Registry


def warn_renamed(old: str, new: str) -> None:
    """Tell a user that a name is going away.

    Args:
        old (str): What the user wrote.
        new (str): What to write instead.
    """
    # Not DeprecationWarning, which Python hides from users.
    warnings.warn(
        f"'{old}' is called '{new}' now; the old name goes with the next release.",
        FutureWarning,
        stacklevel=3,
    )


def take_renamed(options: dict, **names: str) -> dict:
    """Give the options of a config their new names.

    Args:
        options (dict): Options as they were written.
        **names (str): Old name = new name.

    Returns:
        dict: A copy with new names alone.

    Raises:
        ValueError: An option is given under both names.
    """
    options = dict(options)
    for old, new in names.items():
        if old not in options:
            continue
        if new in options:
            raise ValueError(
                f"'{old}' is the old name of '{new}' and both are given; remove it."
            )
        warn_renamed(old, new)
        options[new] = options.pop(old)
    return options


def register_old_name(registry: Registry, old: str, new: type) -> None:
    """Let configs name a class as they used to.

    Args:
        registry (Registry): Where the class is registered.
        old (str): Its old name.
        new (type): The class.
    """

    def __init__(self, *args, **kwargs) -> None:
        warn_renamed(old, new.__name__)
        new.__init__(self, *args, **kwargs)

    registry.register_module(module=type(old, (new,), dict(__init__=__init__)))
