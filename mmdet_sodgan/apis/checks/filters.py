from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine.dist import is_main_process

from ...datasets.filter_counts import count_filtered, describe_filtered
from .stage import Stage, find_ann_file, read_coco


def find_filtered(stage: Stage) -> list[str]:
    """Say how many images the filter of MMDetection's ``CocoDataset`` leaves out.

    This project's data sets say it themselves, when they are built.

    Args:
        stage (Stage): With the data sets, in training.

    Returns:
        list[str]: A sentence for each of them; none beside the main process.
    """
    found = []
    for dataset in stage.datasets if is_main_process() else ():
        kind = DATASETS.get(dataset['type'])
        filters = getattr(kind, 'filter_data', None) is CocoDataset.filter_data
        if not filters or not dataset.get('filter_cfg') or dataset.get('test_mode'):
            continue
        path = find_ann_file(dataset)
        content = read_coco(path)
        if content is None:
            continue
        names = {each['id']: each['name'] for each in content['categories']}
        filled = [
            each['image_id']
            for each in content['annotations']
            if stage.classes is None or names.get(each['category_id']) in stage.classes
        ]
        images = [x for x in content['images'] if {'width', 'height'} <= x.keys()]
        counts = count_filtered(images, [filled], dataset['filter_cfg'])
        found += describe_filtered(path, len(images), *counts)
    return found
