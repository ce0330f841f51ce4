"""Best and worst images."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps
from pycocotools import mask as mask_utils

from ...utils.image_bounds import check_image_size, without_pillow_bound
from ...visualization import draw_boxes, fit_picture
from .ground_truth import GroundTruth

#: What an image's score means; stands in the report, too.
DEFINITION = (
    'The score of an image is its F1, 2 TP / (2 TP + FP + FN): of its detections with '
    'a confidence of at least {score_thr:g}, each takes, by falling confidence, the '
    'free object of its class with the highest IoU, if that is at least 0.5, and is '
    'then true positive (TP), else false positive (FP); objects that none takes are '
    'missed (FN). Images with neither objects nor such detections have no score. Of '
    'equal scores the image with more objects and detections comes first.'
)
COLOURS = dict(found=(0, 170, 60), missed=(255, 200, 0), false=(230, 30, 30))


@dataclass
class ScoredImage:
    """One image of the test.

    Attributes:
        image_id (int): Its id.
        file_name (str): As the annotation file has it.
        score (float): F1, see :data:`DEFINITION`.
        found (list): Boxes (x, y, w, h) of true positives in pixels of the original
            image.
        false (list): The same of false positives.
        missed (list): The same of objects that were not found.
    """

    image_id: int
    file_name: str
    score: float
    found: list
    false: list
    missed: list

    @property
    def weight(self) -> int:
        """int: Number of objects and false positives."""
        return len(self.found) + len(self.false) + len(self.missed)


def score_images(
    truth: GroundTruth, detections: Sequence[dict], score_thr: float = 0.3
) -> list[ScoredImage]:
    """Score every image; see :data:`DEFINITION`.

    Args:
        truth (GroundTruth): Objects; crowd regions are left out.
        detections (Sequence[dict]): In COCO format.
        score_thr (float): Detections below it are left out.

    Returns:
        list[ScoredImage]: From the best to the worst.
    """
    objects = {image_id: [] for image_id in truth.images}
    found = {image_id: [] for image_id in truth.images}
    for ann in truth.annotations:
        if not ann.get('iscrowd', 0):
            objects[ann['image_id']].append(ann)
    for item in detections:
        if item['score'] >= score_thr:
            found[item['image_id']].append(item)
    scored = []
    for image_id, image in truth.images.items():
        boxes = _match(objects[image_id], found[image_id])
        total = 2 * len(boxes['found']) + len(boxes['false']) + len(boxes['missed'])
        if total:
            f1 = 2 * len(boxes['found']) / total
            name = image.get('file_name', str(image_id))
            scored.append(ScoredImage(image_id, name, f1, **boxes))
    return sorted(scored, key=lambda x: (-x.score, -x.weight, x.file_name))


def choose(
    scored: Sequence[ScoredImage], number: int
) -> tuple[list[ScoredImage], list[ScoredImage]]:
    """Choose the best and the worst images, none of them twice.

    Args:
        scored (Sequence[ScoredImage]): From :func:`score_images`.
        number (int): At most so many of each.

    Returns:
        tuple[list, list]: The best, best first; the worst, worst first.
    """
    number = min(number, len(scored) // 2)
    worst = sorted(scored, key=lambda x: (x.score, -x.weight, x.file_name))
    return list(scored[:number]), worst[:number]


def draw(truth: GroundTruth, scored: ScoredImage, side: int = 480) -> str:
    """Draw found, false and missed boxes.

    Args:
        truth (GroundTruth): Knows where the images are.
        scored (ScoredImage): The image.
        side (int): The longer side of the picture is at most this.

    Returns:
        str: ``data:`` address of a JPEG.

    Raises:
        ValueError: The image cannot be read or is too large; one sentence.
        OSError: Its pixels are cut off.
    """
    path = truth.image_dir / scored.file_name
    check_image_size(path)
    with without_pillow_bound(), Image.open(path) as file:
        # Boxes are in the frame of the image that mmdet turns as EXIF data asks.
        image = ImageOps.exif_transpose(file).convert('RGB')
    picture, scale = fit_picture(np.asarray(image), side, side)
    drawn = [
        (box, colour)
        for kind, colour in COLOURS.items()
        for box in getattr(scored, kind)
    ]
    boxes = np.array([box for box, _ in drawn], float).reshape(-1, 4) * scale
    boxes[:, 2:] += boxes[:, :2]
    picture = draw_boxes(picture, boxes, [colour for _, colour in drawn], line_width=2)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, 'JPEG', quality=80)
    return 'data:image/jpeg;base64,' + base64.b64encode(buffer.getvalue()).decode()


def _match(objects: list[dict], found: list[dict]) -> dict[str, list]:
    found = sorted(found, key=lambda item: -item['score'])
    boxes = dict(found=[], false=[], missed=[])
    free = np.ones(len(objects), bool)
    if objects and found:
        ious = mask_utils.iou(
            [item['bbox'] for item in found],
            [ann['bbox'] for ann in objects],
            [0] * len(objects),
        )
        classes = np.array([ann['category_id'] for ann in objects])
    for index, item in enumerate(found):
        hit = False
        if objects:
            usable = ious[index] * (free & (classes == item['category_id']))
            best = int(usable.argmax())
            hit = usable[best] >= 0.5
            free[best] &= not hit
        boxes['found' if hit else 'false'].append(item['bbox'])
    boxes['missed'] = [objects[i]['bbox'] for i in np.flatnonzero(free)]
    return boxes
