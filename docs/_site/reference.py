"""Pages of the config reference: every class that a config can name."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Folder of the package to the title of its page and where a config names its
#: classes.
GROUPS = {
    'models/detectors': ('Detectors', '`model.type`'),
    'models/data_preprocessors': ('Data preprocessors', '`model.data_preprocessor`'),
    'models/generators': ('Generators', '`model.generator`'),
    'models/discriminators': ('Discriminators', '`model.discriminator`'),
    'models/teachers': ('Teachers', '`model.teacher`'),
    'models/losses': ('Losses', '`model.composite_loss`'),
    'models/backbones': ('Backbones', '`model.backbone`'),
    'models/necks': ('Necks', '`model.neck`'),
    'models/dense_heads': ('Dense heads', '`model.rpn_head` or `model.bbox_head`'),
    'models/roi_heads': ('RoI heads', '`model.roi_head`'),
    'engine/hooks': ('Hooks', '`custom_hooks`'),
    'engine/resume': (
        'Checkpoints and resuming',
        '`default_hooks`, `custom_hooks`, `train_cfg` and `backend_args`',
    ),
    'engine/optimizers': ('Optimizer wrappers', '`optim_wrapper`'),
    'engine/wrappers': ('Model wrappers', '`model_wrapper_cfg`'),
    'datasets': ('Data sets', '`dataset` of a data loader'),
    'evaluation/metrics': ('Metrics', '`val_evaluator` and `test_evaluator`'),
}


class Registered(NamedTuple):
    """A class that is registered under its name.

    Attributes:
        group (str): A key of :data:`GROUPS`.
        registry (str): Name of the registry, such as ``MODELS``.
        path (str): Dotted path of the class.
    """

    group: str
    registry: str
    path: str


def registered_classes() -> Iterator[Registered]:
    """All classes of the package with ``@REGISTRY.register_module()``.

    Found in the sources, as an import would take PyTorch along.

    Raises:
        KeyError: A class stands in a folder that has no page.
    """
    package = ROOT / 'mmdet_sodgan'
    for file in sorted(package.rglob('*.py')):
        module = '.'.join(file.relative_to(ROOT).with_suffix('').parts)
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and (registry := _registry(node)):
                folder = file.parent.relative_to(package).as_posix()
                yield Registered(_group(folder), registry, f'{module}.{node.name}')


def _registry(node: ast.ClassDef) -> str | None:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                if method == 'register_module':
                    return name
    return None


def _group(folder: str) -> str:
    for group in GROUPS:
        if f'{folder}/'.startswith(f'{group}/'):
            return group
    raise KeyError(
        f'mmdet_sodgan/{folder} has a registered class and no page in the config '
        f'reference: add the folder to GROUPS in docs/_site/reference.py.'
    )


def page_name(group: str) -> str:
    """Path of a group's page in the sources of the site."""
    return f'reference/{group.rpartition("/")[2]}.md'


def pages() -> dict[str, str]:
    """The text of each page by its path in the sources of the site, in order."""
    found = list(registered_classes())
    texts = {}
    for group, (title, place) in GROUPS.items():
        members = [entry for entry in found if entry.group == group]
        if not members:
            continue
        registries = ', '.join(sorted({f'`{entry.registry}`' for entry in members}))
        lines = [f'# {title}', f'In {registries}; named in a config by {place}.']
        lines += [f'::: {entry.path}' for entry in members]
        texts[page_name(group)] = '\n\n'.join(lines) + '\n'
    return texts
