from collections.abc import Mapping, Sequence
from pathlib import Path

from mmdet.evaluation import CocoMetric
from mmdet.registry import METRICS
from mmengine.config import Config

from ...datasets.class_names import unwrap_datasets
from ...utils.errors import AgreementError
from .stage import Stage, find_evaluators, read_coco


def check_presence(cfg: Config) -> None:
    """Refuse a data set to score that has no evaluator, as MMEngine does at length.

    Args:
        cfg (Config): The config.

    Raises:
        AgreementError: The evaluator is missing, or None.
    """
    for name in ('val', 'test'):
        if cfg.get(f'{name}_dataloader') and cfg.get(f'{name}_evaluator') is None:
            raise AgreementError(
                f'{name}_evaluator is missing beside {name}_dataloader: set it, or set '
                f'{name}_dataloader and {name}_cfg to None as well.'
            )


def check_evaluator(stage: Stage, evaluator: tuple[str, Mapping]) -> list[str]:
    """Refuse an evaluator whose annotation file is not that of the data set.

    Args:
        stage (Stage): With the data sets.
        evaluator (tuple[str, Mapping]): Its key in the config, and its config.

    Returns:
        list[str]: What may be meant so, a sentence each.

    Raises:
        AgreementError: There is no such file, or it is of other images or classes.
    """
    key, cfg = evaluator
    ann_file = cfg.get('ann_file')
    found = METRICS.get(cfg['type']) if isinstance(cfg.get('type'), str) else None
    if not ann_file or '://' in ann_file or found is None:
        return []
    if not issubclass(found, CocoMetric) or cfg.get('backend_args'):
        return []
    own = stage.ann_files
    remedy = f'set {key}.ann_file to that of {stage.key}'
    remedy += f", '{own[0]}'" if len(own) == 1 else ''
    if not Path(ann_file).is_file():
        raise AgreementError(f"{key}.ann_file '{ann_file}' does not exist: {remedy}.")
    content = read_coco(ann_file)
    if content is None or not own:
        return []
    _check_categories(stage, f"{key}.ann_file '{ann_file}'", content)
    contents = {path: read_coco(path) for path in own}
    if None in contents.values():
        return []
    wanted = _images(content)
    seen = set().union(*(_images(each) for each in contents.values()))
    both = len(wanted & seen)
    if both < len(seen) or (both < len(wanted) and not _is_part(stage.datasets)):
        raise AgreementError(
            f"{key}.ann_file '{ann_file}' lists other images than {stage.key}, by id "
            f'and file name: {both} of the {len(wanted)} images of the file would be '
            f'evaluated, and {len(seen) - both} of the data set are not in it: '
            f'{remedy}.'
        )
    boxes, own_boxes = _boxes(content), set().union(*map(_boxes, contents.values()))
    # Splits that are numbered alike have the same names in other folders.
    if boxes and own_boxes and not boxes & own_boxes:
        raise AgreementError(
            f"{key}.ann_file '{ann_file}' lists images of the same ids and file names "
            f'as {stage.key}, but none of its {len(boxes)} objects: it is of another '
            f'split, {remedy}.'
        )
    if _is_part(stage.datasets):
        return [
            f'{stage.key} takes a part of its images (indices) and {key} counts all '
            f'{len(wanted)} of {ann_file}: objects in the others count as missed.'
        ]
    return []


def allow_parts(cfg: Config) -> None:
    """Let the metrics of this project take a part of the images that is meant.

    Args:
        cfg (Config): Changed in place where a data set has ``indices``.
    """
    for name in ('val', 'test'):
        dataset = (cfg.get(f'{name}_dataloader') or {}).get('dataset')
        # MMEngine also takes a data set that is built already.
        if isinstance(dataset, Mapping) and _is_part(unwrap_datasets(dataset)):
            for _, evaluator in find_evaluators(cfg, name):
                if str(evaluator.get('type')).endswith('SizeCocoMetric'):
                    evaluator.setdefault('partial', True)


def _is_part(datasets: Sequence[Mapping]) -> bool:
    """Tell whether a part of the images is taken on purpose."""
    return any(dataset.get('indices') is not None for dataset in datasets)


def _images(content: dict) -> set[tuple]:
    return {(str(image['id']), image['file_name']) for image in content['images']}


def _boxes(content: dict) -> set[tuple]:
    return {(str(each['image_id']), _box(each)) for each in content['annotations']}


def _box(annotation: Mapping) -> tuple[float, ...] | None:
    """Take the numbers, as another program may write 10.0 for 10, or fewer digits."""
    try:
        return tuple(round(float(number), 1) for number in annotation['bbox'])
    except (KeyError, TypeError, ValueError):
        return None


def _check_categories(stage: Stage, file: str, content: dict) -> None:
    """Refuse categories that would give a label another name than the data set."""
    if stage.classes is None:
        return
    names = [category['name'] for category in content['categories']]
    missing = [name for name in stage.classes if name not in names]
    if missing:
        raise AgreementError(
            f'{file} has no category for the classes {missing} of {stage.key}, only '
            f'{names[:10]}: give the file of this data set, or correct '
            'metainfo.classes.'
        )
    order = tuple(name for name in names if name in stage.classes)
    if order != stage.classes:
        raise AgreementError(
            f'{file} lists its categories in another order than the classes of '
            f'{stage.key}, which exchanges labels: set metainfo.classes to {order}.'
        )
