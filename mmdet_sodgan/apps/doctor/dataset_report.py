"""What the doctor says of a data set."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...datasets.problem import KINDS, REFUSED, Problem

_NUM_EXAMPLES = 3


@dataclass
class DatasetReport:
    """What :func:`.inspect_dataset.inspect_dataset` found.

    Args:
        ann_file (str): The annotation file.
        sentences (dict[str, list[str]]): Kind of problem, see :data:`.problem.KINDS`,
            to a sentence for each of them.
        num_images (int): Usable entries of images in the annotation file.
        num_empty (int): Of these, the ones without an object that training sees.
        num_crowds (int): Annotations of crowds.
        num_objects (dict[str, int]): Range of sides in pixels of the original image
            to the number of objects in it that training sees, without crowds.
        files_read (bool): Whether the images themselves were looked at.
        num_filtered (list[int]): Images that ``filter_cfg`` leaves out of the
            training, as they have no objects, and as they are too small.
        remarks (list[str]): What sizes and numbers of the objects do not fit, a
            sentence each.
    """

    ann_file: str
    sentences: dict[str, list[str]] = field(default_factory=dict)
    num_images: int = 0
    num_empty: int = 0
    num_crowds: int = 0
    num_objects: dict[str, int] = field(default_factory=dict)
    files_read: bool = False
    num_filtered: list[int] = field(default_factory=lambda: [0, 0])
    remarks: list[str] = field(default_factory=list)

    def add(self, subject: str, problems: Iterable[Problem]) -> None:
        """Add problems.

        Args:
            subject (str): What they are about.
            problems (Iterable[Problem]): The problems.
        """
        for problem in problems:
            sentences = self.sentences.setdefault(problem.kind, [])
            sentences.append(problem.sentence(subject))

    @property
    def refused(self) -> bool:
        """bool: Whether training refuses the data set."""
        return any(KINDS[kind].outcome == REFUSED for kind in self.sentences)

    def to_text(self) -> str:
        """Tell the report.

        Returns:
            str: Some lines: the problems by kind, each with its number and the
            first examples, then the number of objects by size.
        """
        lines = [f'Data set of {self.ann_file}']
        for kind in KINDS:
            if sentences := self.sentences.get(kind):
                number = len(sentences)
                lines.append(f'\n{kind}: {number} ({KINDS[kind].outcome} in training)')
                lines += [f'  {sentence}' for sentence in sentences[:_NUM_EXAMPLES]]
                if number > _NUM_EXAMPLES:
                    lines.append(f'  ... and {number - _NUM_EXAMPLES} more')
        lines.append(
            f'\n{self.num_images} images, {self.num_empty} of them without objects, '
            f'{self.num_crowds} crowds'
        )
        if any(self.num_filtered):
            empty, small = self.num_filtered
            lines.append(
                f'{self.num_images - empty - small} images are used in training: '
                f'filter_cfg leaves out {empty} without objects (filter_empty_gt) and '
                f'{small} below min_size'
            )
        total = sum(self.num_objects.values())
        lines.append('objects by size (square root of area, px of the original image)')
        for label, number in self.num_objects.items():
            share = number / total if total else 0
            lines.append(f'  {label:>12} {number:>9} {share:>7.1%}')
        lines += self.remarks
        if not self.files_read:
            lines.append('The image files were not looked at: give --img-dir.')
        verdict = 'is refused in training' if self.refused else 'can be trained on'
        lines.append(f'The data set {verdict}.')
        return '\n'.join(lines)
