"""What a data set looks like, as far as a config depends on it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ...datasets.annotation_checks import find_box_problems
from ...datasets.problem import USED


@dataclass(frozen=True)
class Statistics:
    """What :func:`measure` found in an annotation file.

    Args:
        classes (tuple[str, ...]): Names of the categories, in the file's order.
        image_sizes (np.ndarray): Long and short side of each image in px, (N, 2).
        box_sides (np.ndarray): ``sqrt(w * h)`` of each object in px of the original
            image, (K,). Crowds and boxes that training leaves out are not among
            them.
        box_images (np.ndarray): Row in ``image_sizes`` of each object's image, (K,).
        sides (np.ndarray): ``sqrt(area)`` of the same objects, by which the metric
            sorts them, (K,).
        max_objects (int): Most objects in one image.
        absent (tuple[str, ...]): Classes without an object.
        has_masks (bool): Whether each object has a segmentation.
    """

    classes: tuple[str, ...]
    image_sizes: np.ndarray
    box_sides: np.ndarray
    box_images: np.ndarray
    sides: np.ndarray
    max_objects: int
    absent: tuple[str, ...]
    has_masks: bool

    @property
    def num_images(self) -> int:
        """int: Number of images."""
        return len(self.image_sizes)

    @property
    def num_objects(self) -> int:
        """int: Number of objects."""
        return len(self.sides)

    @property
    def one_size(self) -> bool:
        """bool: Whether all images have the same long and short side."""
        return bool((self.image_sizes == self.image_sizes[0]).all())

    @property
    def median_size(self) -> tuple[int, int]:
        """tuple[int, int]: Median of the long and of the short side in px."""
        long, short = np.median(self.image_sizes, axis=0)
        return round(float(long)), round(float(short))

    def to_text(self) -> str:
        """Tell the statistics.

        Returns:
            str: One line.
        """
        long, short = self.median_size
        size = f'{long} x {short} px' + ('' if self.one_size else ' (median)')
        if not self.num_objects:
            return f'{self.num_images} images of {size} without objects'
        low, median, high = np.quantile(self.box_sides, (0.1, 0.5, 0.9))
        return (
            f'{self.num_images} images of {size}, {self.num_objects} objects of '
            f'{len(self.classes)} classes, median side {median:.0f} px (80 % between '
            f'{low:.0f} and {high:.0f}), at most {self.max_objects} in an image'
        )


def measure(coco: Mapping, left_out: Collection[str] = ()) -> Statistics:
    """Measure images and objects of an annotation file that the doctor takes.

    Args:
        coco (Mapping): Its content, in COCO's format.
        left_out (Collection[str]): Categories without an object that are no classes.

    Returns:
        Statistics: What was found.
    """
    images = {image['id']: image for image in coco['images']}
    objects = [
        annotation
        for annotation in coco.get('annotations', [])
        if not annotation.get('iscrowd')
        and all(
            problem.outcome == USED
            for problem in find_box_problems(annotation, images[annotation['image_id']])
        )
    ]
    sizes = [(image['width'], image['height']) for image in images.values()]
    boxes = np.array([o['bbox'] for o in objects], dtype=float).reshape(-1, 4)
    areas = np.array([o['area'] for o in objects], dtype=float)
    rows = {image_id: row for row, image_id in enumerate(images)}
    numbers = Counter(o['image_id'] for o in objects)
    seen = {o['category_id'] for o in objects}
    classes = [c for c in coco['categories'] if c['name'] not in left_out]
    return Statistics(
        classes=tuple(category['name'] for category in classes),
        image_sizes=np.array([(max(size), min(size)) for size in sizes]),
        box_sides=np.sqrt(boxes[:, 2] * boxes[:, 3]),
        box_images=np.array([rows[o['image_id']] for o in objects], dtype=int),
        sides=np.sqrt(areas),
        max_objects=max(numbers.values(), default=0),
        absent=tuple(c['name'] for c in classes if c['id'] not in seen),
        has_masks=bool(objects) and all(o.get('segmentation') for o in objects),
    )
