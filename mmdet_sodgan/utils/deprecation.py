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
        dict: A copy with new names alone. Of two dicts, as where a config inherits
        one of the new names, the old name's entries replace the new one's.

    Raises:
        ValueError: An option that is no dict is given under both names.
    """
    options = dict(options)
    for old, new in names.items():
        if old not in options:
            continue
        warn_renamed(old, new)
        value = options.pop(old)
        if new in options:
            if not (isinstance(value, dict) and isinstance(options[new], dict)):
                raise ValueError(
                    f"'{old}' is the old name of '{new}' and both are given; remove it."
                )
            value = options[new] | value
        options[new] = value
    return options


def rename_weights(state_dict: dict, prefix: str = '') -> None:
    """Give the weights of a checkpoint their new names, in place.

    Args:
        state_dict (dict): Weights by name.
        prefix (str): What stands before the detector's own names.
    """
    old, new = f'{prefix}hr_branch.average.', f'{prefix}teacher.ema.'
    for key in [key for key in state_dict if key.startswith(old)]:
        state_dict[new + key.removeprefix(old)] = state_dict.pop(key)


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

    members = dict(__init__=__init__, __module__=new.__module__)
    registry.register_module(module=type(old, (new,), members))
