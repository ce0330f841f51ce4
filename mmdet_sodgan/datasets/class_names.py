"""Which class each label of a detector stands for."""

import logging
from collections.abc import Mapping

from mmdet.models.detectors import BaseDetector
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.logging import print_log

from ..utils.compare_weights import compare_weights


def unwrap_datasets(dataset: Mapping) -> list[Mapping]:
    """Take the data sets out of wrappers such as RepeatDataset and ConcatDataset.

    Args:
        dataset (Mapping): Config of a data set.

    Returns:
        list[Mapping]: Configs of the innermost ones, in order.
    """
    if 'datasets' in dataset:
        return [leaf for part in dataset['datasets'] for leaf in unwrap_datasets(part)]
    if 'dataset' in dataset:
        return unwrap_datasets(dataset['dataset'])
    return [dataset]


def find_metainfo(dataset: Mapping) -> dict:
    """Find what a data set says about its classes without building it.

    Args:
        dataset (Mapping): Its config, without wrapper.

    Returns:
        dict: Its ``metainfo`` laid over that of its class.

    Raises:
        ValueError: There is no such data set; one sentence.
    """
    dataset_class = DATASETS.get(dataset['type'])
    if dataset_class is None:
        raise ValueError(
            f'There is no data set {dataset["type"]}: name its module in '
            'custom_imports of the config.'
        )
    return dict(dataset_class.METAINFO) | dict(dataset.get('metainfo') or {})


def find_class_names(dataset: Mapping) -> tuple[str, ...] | None:
    """Find the class names of a data set without building it.

    Args:
        dataset (Mapping): Its config. Of several that are wrapped, the first one
            counts; :func:`mmdet_sodgan.apis.checks.check_agreement` refuses others.

    Returns:
        tuple[str, ...] | None: Those of its ``metainfo``, else those of its class;
        None where neither names any.

    Raises:
        ValueError: There is no such data set; one sentence.
    """
    names = find_metainfo(unwrap_datasets(dataset)[0]).get('classes')
    # One name alone is a string to mmdet, too.
    names = (names,) if isinstance(names, str) else names
    return None if names is None else tuple(names)


def name_classes(
    model: BaseDetector, config: Config, weights: Mapping, checkpoint: str
) -> None:
    """Give a detector the config's class names where its checkpoint has none.

    mmdet would take the names of COCO. It first makes sure that the weights fit.

    Args:
        model (BaseDetector): With ``dataset_meta``, of which ``classes`` is set.
        config (Config): With ``test_dataloader.dataset``.
        weights (Mapping): The checkpoint that the model has been given.
        checkpoint (str): Its path or address.

    Raises:
        CheckpointError: Weights are missing or left over.
        ValueError: There are no names, or not as many as the head has classes; one
            sentence.
    """
    compare_weights(model, weights).refuse(checkpoint)
    meta = weights.get('meta', {})
    source, remedy = f'The checkpoint {checkpoint}', 'give the config it was trained by'
    # The key was CLASSES before mmdet 3.0.
    keys = {key.lower() for key in (*meta, *meta.get('dataset_meta', {}))}
    if 'classes' not in keys:
        names = find_class_names(config.test_dataloader.dataset)
        model.dataset_meta['classes'] = names or ()
        source = 'test_dataloader.dataset of the config'
        remedy = 'set its metainfo.classes, as the checkpoint has no names'
        if names:
            print_log(
                f'{checkpoint} has no class names; those of the config are taken, not '
                f'those of COCO: {", ".join(names)}.',
                logger='current',
                level=logging.WARNING,
            )
    found, wanted = len(model.dataset_meta['classes']), _num_classes(model)
    if not found or wanted not in (None, found):
        raise ValueError(
            f'{source} has {found} class names and the head has num_classes={wanted}: '
            f'{remedy}.'
        )


def _num_classes(model: BaseDetector) -> int | None:
    """Count the classes of the head that gives the labels.

    Returns None where the head has none of mmdet's names.
    """
    head = getattr(getattr(model, 'roi_head', model), 'bbox_head', None)
    # A cascade has one head a stage.
    head = head[-1] if hasattr(head, '__getitem__') else head
    return getattr(head, 'num_classes', None)
