"""Error types by object size (TIDE: Bolya et al., ECCV 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import rc_context

from ...structures.size_bucket import SizeBucket
from ...utils.extras import require
from .ground_truth import GroundTruth

#: TIDE's short name -> name in the report, in TIDE's order.
TYPES = {
    'Cls': 'classification',
    'Loc': 'localisation',
    'Both': 'both',
    'Dupe': 'duplicate',
    'Bkg': 'background',
    'Miss': 'missed',
}
IOU_POSITIVE, IOU_BACKGROUND = 0.5, 0.1


@dataclass
class ErrorRow:
    """Errors at objects of one range of sizes.

    Attributes:
        name (str): The range of sides in px, or 'all'.
        counts (dict[str, int]): Error type -> how many.
        gains (dict[str, float]): Error type -> points of AP50 over all objects, in
            per cent, by which mending these errors alone would raise it.
    """

    name: str
    counts: dict[str, int]
    gains: dict[str, float]


# tidecv changes how everything that matplotlib draws looks.
@rc_context()
def count_errors(
    truth: GroundTruth,
    detections: Sequence[dict],
    buckets: Sequence[SizeBucket],
    max_dets: int = 100,
) -> list[ErrorRow]:
    """Sort false positives and missed objects into TIDE's six types.

    IoU thresholds are TIDE's, 0.5 and 0.1. The size of an error is that of the
    object it concerns (``area`` of its annotation) and, where it concerns none
    (background, both, duplicate), that of the detection's box.

    Args:
        truth (GroundTruth): Objects; crowd regions are ignored.
        detections (Sequence[dict]): In COCO format.
        buckets (Sequence[SizeBucket]): Ranges of size.
        max_dets (int): Number of highest-scored detections used of each image.

    Returns:
        list[ErrorRow]: For all sizes together, then for each bucket; empty where
        there is no object at all.

    Raises:
        SystemExit: tidecv is not installed.
    """
    tidecv = require('tidecv', 'report')
    objects, found = tidecv.Data('truth', max_dets), tidecv.Data('found', max_dets)
    for image_id in truth.images:
        # tidecv goes through these; on an image without objects all is background.
        objects.add_image(image_id, str(image_id))
    for ann in truth.annotations:
        add = (
            objects.add_ignore_region
            if ann.get('iscrowd', 0)
            else objects.add_ground_truth
        )
        add(ann['image_id'], ann['category_id'], ann['bbox'])
        objects.annotations[-1]['area'] = ann['area']
    for item in detections:
        found.add_detection(
            item['image_id'], item['category_id'], item['score'], item['bbox']
        )
        found.annotations[-1]['area'] = item['bbox'][2] * item['bbox'][3]
    if all(ann['ignore'] for ann in objects.annotations):
        return []
    run = tidecv.TIDE(IOU_POSITIVE, IOU_BACKGROUND).evaluate(objects, found)

    def row(name: str, test) -> ErrorRow:
        gains = run.fix_main_errors(qual=tidecv.Qualifier(name, test))
        counts = dict.fromkeys(TYPES, 0)
        for error in run.errors:
            counts[error.short_name] += test(_subject(error))
        return ErrorRow(
            name, counts, {kind.short_name: gain for kind, gain in gains.items()}
        )

    def holder(bucket: SizeBucket):
        return lambda entry: bucket.holds(entry['area'])

    return [
        row('all', lambda entry: True),
        *(row(bucket.label, holder(bucket)) for bucket in buckets),
    ]


def _subject(error) -> dict:
    """Choose what an error's size is taken from, as tidecv's own Qualifier does."""
    return error.gt if hasattr(error, 'gt') else error.pred
