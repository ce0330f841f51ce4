"""What a config says about a data set."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...apis.checks.limits import detector_limit
from ...apis.checks.stage import find_ann_file, find_evaluators
from ...datasets.class_names import find_class_names, unwrap_datasets
from ...datasets.image_checks import loader_backend, resize_scales
from ...utils.read_config import read_config


def options_of_config(config: str | Path, ann_file: str | Path) -> dict[str, Any]:
    """Read what a config says about a data set.

    Args:
        config (str | Path): Its path; a Python file is run.
        ann_file (str | Path): The annotation file. Of several data sets in wrappers
            the one that reads it counts, or else those of the training.

    Returns:
        dict[str, Any]: Arguments for :func:`.inspect_dataset.inspect_dataset`.

    Raises:
        ValueError: There is no such config, or no such data set, or several that
            differ and do not read the file; one sentence.
    """
    cfg = read_config(config)
    loaders = (cfg.get(f'{name}_dataloader') for name in ('train', 'val', 'test'))
    leaves = [unwrap_datasets(each.dataset) for each in loaders if each]
    if not leaves:
        raise ValueError(f'{config} has no train_dataloader: give that of a training.')
    here = os.path.realpath(ann_file)
    readers = [
        dataset
        for dataset in itertools.chain(*leaves)
        if os.path.realpath(find_ann_file(dataset)) == here
    ]
    options, *others = map(_options_of_dataset, readers[:1] or leaves[0])
    if any(other != options for other in others):
        names = ', '.join(map(find_ann_file, leaves[0]))
        raise ValueError(
            f'{config} trains on several data sets with other options, none of which '
            f'reads {ann_file}: give one of {names} as --data.'
        )
    if limit := detector_limit(cfg.get('model') or {}):
        options['max_per_img'] = limit
    for _, evaluator in find_evaluators(cfg, 'val'):
        if 'size_buckets' in evaluator:
            options['size_buckets'] = evaluator.size_buckets
    return options


def _options_of_dataset(dataset: Mapping) -> dict[str, Any]:
    pipeline = dataset.get('pipeline', [])
    options = dict(
        classes=find_class_names(dataset),
        backend=loader_backend(pipeline),
        scales=resize_scales(pipeline),
        filter_cfg=None if dataset.get('test_mode') else dataset.get('filter_cfg'),
    )
    if 'max_pixels' in dataset:
        options['max_pixels'] = dataset['max_pixels']
    return options
