"""Python text in the style of the project's own configs."""

from collections.abc import Mapping
from textwrap import indent, wrap

from .choices import Choice

_WIDTH = 88


class Name(str):
    """A name or an expression of the config, where a plain string is a value."""


def comment(text: str) -> str:
    """Make a comment.

    Args:
        text (str): What it says.

    Returns:
        str: A line or two.
    """
    return indent('\n'.join(wrap(text, _WIDTH - 2)), '# ')


def explained(name: str, choice: Choice) -> str:
    """Assign a chosen value, below its reason.

    Args:
        name (str): Name in the config.
        choice (Choice): The value and its reason.

    Returns:
        str: Some lines.
    """
    return f'{comment(choice.reason)}\n{name} = {choice.value!r}'


def assign(name: str, value: Mapping | tuple[str, ...]) -> str:
    """Assign a dict or names, broken into lines where one is too short.

    Args:
        name (str): Name in the config.
        value (Mapping | tuple[str, ...]): The value.

    Returns:
        str: Some lines.
    """
    if isinstance(value, tuple):
        return f'{name} = {_show_names(value, len(name) + 3)}'
    return f'{name} = {_show(value, 0, len(name) + 3)}'


def _show_names(names: tuple[str, ...], used: int) -> str:
    if used + len(repr(names)) <= _WIDTH:
        return repr(names)
    lines = ['']
    for name in names:
        if len(lines[-1]) + len(repr(name)) + 6 > _WIDTH:
            lines.append('')
        lines[-1] += f' {name!r},'
    return '(\n' + ''.join(f'   {line}\n' for line in lines) + ')'


def _show(value: object, level: int, used: int) -> str:
    if isinstance(value, Name):
        return str(value)
    if not isinstance(value, dict):
        return repr(value)
    pad = ' ' * (4 * (level + 1))
    items = [
        f'{key}={_show(item, level + 1, len(pad) + len(key) + 1)}'
        for key, item in value.items()
    ]
    line = f'dict({", ".join(items)})'
    # With the comma that may follow.
    if '\n' not in line and used + len(line) < _WIDTH:
        return line
    return 'dict(\n' + ''.join(f'{pad}{item},\n' for item in items) + f'{pad[4:]})'
