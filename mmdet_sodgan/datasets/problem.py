from dataclasses import dataclass
from typing import NamedTuple


class Kind(NamedTuple):
    """What becomes of a problem, and what to do about it."""

    outcome: str
    remedy: str


REFUSED = 'refused'
LEFT_OUT = 'left out'
USED = 'used'

#: Of each kind of problem, what :class:`SmallObjectCocoDataset` does with it.
KINDS = {
    'not JSON': Kind(REFUSED, 'write the file again or choose another file'),
    'nothing listed': Kind(REFUSED, 'choose another file'),
    'wrong type': Kind(REFUSED, "write it as in COCO's format"),
    'missing key': Kind(REFUSED, 'add it'),
    'duplicate id': Kind(REFUSED, 'give each an id of its own'),
    'duplicate category': Kind(REFUSED, 'merge them'),
    'unknown reference': Kind(REFUSED, 'remove it or list what it refers to'),
    'other classes': Kind(REFUSED, 'correct metainfo.classes'),
    'other categories': Kind(
        LEFT_OUT, 'add them to metainfo.classes to train on their boxes, too'
    ),
    'file name': Kind(REFUSED, 'make its file_name relative to data_prefix.img'),
    'box not finite': Kind(REFUSED, 'correct or remove it'),
    'negative box': Kind(REFUSED, 'a bbox is [x, y, width, height], correct it'),
    'boxes as fractions': Kind(
        REFUSED, 'multiply them by width and height of the image, a bbox is in pixels'
    ),
    'boxes as corners': Kind(
        REFUSED, 'write them as [x, y, width, height], with width = x2 - x1'
    ),
    'swapped size': Kind(REFUSED, 'swap width and height in the entries of images'),
    'swapped sides': Kind(
        REFUSED, 'write them as [x, y, width, height], width before height'
    ),
    'most boxes useless': Kind(
        REFUSED, 'correct bbox, or width and height of the images'
    ),
    'other area': Kind(
        USED, 'sizes in the evaluation go by area, set it to width * height'
    ),
    'too many pixels': Kind(REFUSED, 'raise max_pixels where you trust the file'),
    'empty box': Kind(LEFT_OUT, 'remove it, or correct its bbox or area'),
    'box outside': Kind(LEFT_OUT, 'correct or remove it'),
    'ignore flag': Kind(LEFT_OUT, 'set iscrowd instead to have it ignored at test'),
    'box over the border': Kind(USED, 'the part inside is what training sees'),
    'annotation id 0': Kind(USED, "start at 1: COCO's evaluation takes a hit for none"),
    'file listed twice': Kind(USED, 'merge the entries'),
    'missing image': Kind(REFUSED, 'restore the file or remove its entry'),
    'unreadable image': Kind(REFUSED, 'restore the file or remove its entry'),
    'other size': Kind(REFUSED, 'correct the entry, boxes included, or the file'),
    'extreme shape': Kind(REFUSED, 'cut it into pieces or remove its entry'),
    'deep image': Kind(REFUSED, 'convert it to 8 bits'),
    'image not RGB': Kind(USED, 'it is converted as it is loaded'),
    'link out of the folder': Kind(USED, 'it is followed, see that you trust it'),
}


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a data set.

    Args:
        kind (str): One of :data:`KINDS`.
        text (str): What is wrong, as what follows the name of the file.
        remedy (str): What to do about it. Defaults to that of the kind.
    """

    kind: str
    text: str
    remedy: str = ''

    @property
    def outcome(self) -> str:
        """str: ``'refused'``, ``'left out'`` or ``'used'`` by the training."""
        return KINDS[self.kind].outcome

    @property
    def refused(self) -> bool:
        """bool: Whether training refuses it."""
        return self.outcome == REFUSED

    def sentence(self, subject: str) -> str:
        """Tell the problem.

        Args:
            subject (str): What it is about, e.g. ``"Image 'a.png'"``.

        Returns:
            str: One sentence with the remedy.
        """
        return f'{subject} {self.text}: {self.remedy or KINDS[self.kind].remedy}.'
