"""Which of the project's code a run executes, as hashes that can be compared."""

import ast
import functools
import inspect
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import ModuleType

from .settings import ROOT, short_hash

PACKAGE = 'mmdet_sodgan'
LIBRARIES = ('torch', 'mmengine', 'mmdet', 'mmcv', 'cv2', 'numpy', 'pycocotools')
# What Python 3.12 and 3.13 print otherwise than 3.11, whose text is hashed.
DUMP = {'show_empty': True} if sys.version_info >= (3, 13) else {}


def code_version(objects: Iterable[object]) -> dict[str, str]:
    """Hash every module of the package that the classes of ``objects`` reach.

    A change of a discriminator thus leaves the results of a baseline valid,
    and a change of a comment or docstring leaves all of them valid.

    Args:
        objects (Iterable[object]): Parts of a run: modules of its model,
            hooks, dataset, metric; or classes.

    Returns:
        dict[str, str]: Hash by module name, version by library name.
    """
    classes = {item if isinstance(item, type) else type(item) for item in objects}
    # A base class of ours may hide behind a subclass of someone else's.
    queue = {base.__module__ for kind in classes for base in kind.__mro__}
    reached = set()
    while queue:
        name = queue.pop()
        if name in reached or not _is_ours(name):
            continue
        reached.add(name)
        # Not loaded: it came into the source after this process began.
        if name in sys.modules:
            queue |= _imports(sys.modules[name])
    return current_version(reached | set(LIBRARIES))


def current_version(names: Iterable[str]) -> dict[str, str]:
    """The same for names that are known, without a run.

    Args:
        names (Iterable[str]): Modules of the package and libraries.

    Returns:
        dict[str, str]: Hash or version; 'missing' for a module that is gone.
    """
    return {
        name: _hash(name) if _is_ours(name) else _library(name)
        for name in sorted(names)
    }


def check_package() -> None:
    """See that the package which runs is the one whose files are hashed.

    Raises:
        SystemExit: It is that of another checkout; names both.
    """
    import mmdet_sodgan

    found = Path(mmdet_sodgan.__file__).resolve().parents[1]
    if found != ROOT:
        raise SystemExit(
            f'{PACKAGE} is imported from {found}, and this tool belongs to {ROOT}: '
            'run `pip install -e .` there, or set PYTHONPATH to it.'
        )


def differing(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Modules and libraries that both runs used in different versions."""
    return sorted(k for k in first.keys() & second.keys() if first[k] != second[k])


#: Distributions by the name that is imported; a scan of a second or two.
_distributions = functools.cache(packages_distributions)


def _library(name: str) -> str:
    """Version of what an import gives, from whichever distribution it is."""
    found = _distributions().get(name)
    return version(found[0]) if found else 'missing'


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f'{PACKAGE}.')


def _imports(module: ModuleType) -> set[str]:
    """Modules of the package that define what a module imports."""
    names = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            value = getattr(module, alias.asname or alias.name, None)
            owner = getattr(value, '__module__', None) or getattr(
                value, '__name__', None
            )
            if isinstance(owner, str):
                names.add(owner)
            elif node.level:
                # A constant: the module that is named, not a package's list.
                base = module.__name__.rsplit('.', node.level)[0]
                names.add(f'{base}.{node.module}' if node.module else base)
    return names


def _hash(name: str) -> str:
    path = ROOT.joinpath(*name.split('.'))
    path = path / '__init__.py' if path.is_dir() else path.with_suffix('.py')
    if not path.is_file():
        return 'missing'
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, 'body', None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body[0].value.value = ''
    text = ast.dump(tree, **DUMP).replace(', type_params=[]', '')
    return short_hash(text.encode())
