from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ...datasets.class_names import find_class_names
from ...datasets.strict_coco import StrictCOCO
from ...evaluation.metrics.size_buckets import parse_size_buckets
from ...evaluation.metrics.size_report import BUCKET_FIELDS
from ...structures.size_bucket import SizeBucket


@dataclass
class GroundTruth:
    """Objects of the test images, in COCO format.

    Attributes:
        images (dict[int, dict]): Id -> entry of the annotation file.
        annotations (list[dict]): Of the classes of the data set; ``bbox`` is
            (x, y, w, h) in pixels of the original image, ``area`` in px^2.
        classes (dict[int, str]): Id of the category -> name.
        image_dir (Path): Folder of the images.
    """

    images: dict[int, dict]
    annotations: list[dict]
    classes: dict[int, str]
    image_dir: Path


def read_ground_truth(config: Config) -> GroundTruth:
    """Read the annotation file of a config's test images.

    Args:
        config (Config): Its ``test_dataloader.dataset`` is in COCO format. Relative
            paths start at the current folder, as in training.

    Returns:
        GroundTruth: Its objects.

    Raises:
        ValueError: The file is not there, training would refuse it, or there is no
            such data set.
    """
    dataset = config.test_dataloader.dataset
    root = Path(dataset.get('data_root') or '')
    path = root / dataset.get('ann_file', '')
    if not path.is_file():
        raise ValueError(
            f'the annotation file {path} of test_dataloader is not there; run the '
            'command where the training was started, with the data in place.'
        )
    # Its file names cannot leave the folder of the images.
    content = StrictCOCO(str(path)).dataset
    images = {image['id']: image for image in content['images']}
    classes = {cat['id']: cat['name'] for cat in content['categories']}
    names = find_class_names(dataset)
    if names is not None:
        classes = {key: name for key, name in classes.items() if name in names}
    annotations = [
        ann for ann in content.get('annotations', []) if ann['category_id'] in classes
    ]
    image_dir = root / dataset.get('data_prefix', {}).get('img', '')
    return GroundTruth(images, annotations, classes, image_dir)


def find_size_buckets(config: Config, by_size: dict | None) -> tuple[SizeBucket, ...]:
    """Find the size buckets of a run.

    Args:
        config (Config): The config of the run.
        by_size (dict | None): Its ``bbox_size.json``.

    Returns:
        tuple[SizeBucket, ...]: The buckets that it was scored with, else COCO's.
    """
    if by_size is not None:
        return tuple(
            SizeBucket(**{key: bucket[key] for key in BUCKET_FIELDS})
            for bucket in by_size['buckets']
        )
    evaluator = config.get('test_evaluator')
    buckets = evaluator.get('size_buckets') if isinstance(evaluator, dict) else None
    return parse_size_buckets(buckets or 'coco')
