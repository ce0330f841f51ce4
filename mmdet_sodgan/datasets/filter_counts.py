"""What the filter of MMDetection's COCO data sets leaves out of a training."""

from collections.abc import Iterable, Mapping


def count_filtered(
    images: Iterable[Mapping],
    with_objects: Iterable[Iterable],
    filter_cfg: Mapping | None,
) -> tuple[int, int]:
    """Count the images that ``CocoDataset.filter_data`` leaves out, by reason.

    Args:
        images (Iterable[Mapping]): Each with ``img_id`` or ``id``, and ``width`` and
            ``height`` in pixels.
        with_objects (Iterable[Iterable]): Ids of the images that have an annotation,
            in groups such as one of each class.
        filter_cfg (Mapping | None): Of the data set, in training.

    Returns:
        tuple[int, int]: Images without objects, and others that are too small.
    """
    filter_cfg = filter_cfg or {}
    filled = {number for group in with_objects for number in group}
    empty = small = 0
    for image in images:
        number = image.get('img_id', image.get('id'))
        if filter_cfg.get('filter_empty_gt', False) and number not in filled:
            empty += 1
        elif min(image['width'], image['height']) < filter_cfg.get('min_size', 0):
            small += 1
    return empty, small


def describe_filtered(ann_file: str, total: int, empty: int, small: int) -> list[str]:
    """Say how many images a filter leaves out.

    Args:
        ann_file (str): Where they come from.
        total (int): Images in it.
        empty (int): From :func:`count_filtered`.
        small (int): Likewise.

    Returns:
        list[str]: No or one sentence.
    """
    if not empty and not small:
        return []
    return [
        f"{total - empty - small} of {total} images of '{ann_file}' are used in "
        f'training: filter_cfg leaves out {empty} without objects (filter_empty_gt) '
        f'and {small} below min_size.'
    ]
