import functools
import json
from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from ...datasets.class_names import find_class_names, find_metainfo, unwrap_datasets
from ...utils.errors import AgreementError


class Stage:
    """What a config says about training, validation or test.

    Args:
        cfg (Config): The config.
        name (str): ``'train'``, ``'val'`` or ``'test'``.

    Attributes:
        key (str): That of the data set in the config.
        datasets (list[Mapping]): Configs of the data sets in all wrappers.
        evaluators (list[tuple[str, Mapping]]): Key and config of each.
        classes (tuple[str, ...] | None): Class of each label; None without names.

    Raises:
        AgreementError: The wrapped data sets have different classes.
        ValueError: There is no such data set; one sentence.
    """

    def __init__(self, cfg: Config, name: str) -> None:
        self.key = f'{name}_dataloader.dataset'
        self.datasets = unwrap_datasets(cfg[f'{name}_dataloader']['dataset'])
        self.evaluators = find_evaluators(cfg, name)
        self.classes = find_class_names(self.datasets[0])
        for dataset in self.datasets[1:]:
            other = find_class_names(dataset)
            if other != self.classes:
                raise AgreementError(
                    f'{self.key} wraps data sets that have different classes, '
                    f'{self.classes} and {other}, so that one label stands for two: '
                    'give each the same metainfo.classes.'
                )
        self.metainfo = find_metainfo(self.datasets[0])

    @property
    def ann_files(self) -> list[str]:
        """list[str]: Path of the annotation file of each data set that has one."""
        return [path for path in map(find_ann_file, self.datasets) if path]


def find_evaluators(cfg: Config, name: str) -> list[tuple[str, Mapping]]:
    """List the evaluators of a validation or a test, of which a config has one or more.

    Args:
        cfg (Config): The config.
        name (str): ``'val'`` or ``'test'``.

    Returns:
        list[tuple[str, Mapping]]: Key and config of each.
    """
    key = f'{name}_evaluator'
    found = cfg.get(key) or []
    if isinstance(found, Mapping):
        return [(key, found)]
    return [(f'{key}[{i}]', each) for i, each in enumerate(found)]


def find_ann_file(dataset: Mapping) -> str:
    """Find the path of an annotation file, joined as MMEngine's data sets join it.

    Args:
        dataset (Mapping): Config of a data set.

    Returns:
        str: The path, empty where there is none.
    """
    ann_file = dataset.get('ann_file') or ''
    if not ann_file or '://' in ann_file:
        return ann_file
    return str(Path(dataset.get('data_root') or '', ann_file))


@functools.lru_cache(maxsize=4)
def read_coco(path: str) -> dict | None:
    """Read an annotation file that is on this machine, once for all checks.

    Args:
        path (str): The file.

    Returns:
        dict | None: The lists ``images``, ``annotations`` and ``categories`` of
        COCO's format, which may hold entries of any kind; None where there is no
        such file here.
    """
    file = Path(path)
    if not file.is_file() or file.suffix != '.json':
        return None
    try:
        content = json.loads(file.read_text())
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    lists = {}
    for key, needed in (
        ('images', {'id', 'file_name'}),
        ('annotations', {'image_id', 'category_id'}),
        ('categories', {'id', 'name'}),
    ):
        # What is not sound is told by the data set itself.
        entries = content.get(key) or []
        entries = entries if isinstance(entries, list) else []
        lists[key] = [e for e in entries if isinstance(e, dict) and needed <= e.keys()]
    return lists
