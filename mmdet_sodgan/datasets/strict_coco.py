import logging
from collections.abc import Iterable

from mmdet.datasets.api_wrappers import COCO
from mmengine.logging import print_log

from ..utils.without_prints import without_prints
from .annotation_checks import find_annotation_problems, find_class_problems
from .data_error import DataError
from .problem import Problem


class StrictCOCO(COCO):
    """COCO index that refuses what the tolerant one passes over in silence.

    Without it, an annotation whose category is not in ``classes`` is skipped
    without a word, and classes in another order than the file's categories are
    mislabelled.

    Args:
        annotation_file (str): Path of a COCO annotation file.

    Raises:
        DataError: A ValueError, for the first problem of the file that is refused;
            see :func:`find_annotation_problems` and :data:`.problem.KINDS`.
    """

    def __init__(self, annotation_file: str) -> None:
        self.annotation_file = annotation_file
        try:
            with without_prints():
                super().__init__(annotation_file)
        except DataError:
            raise
        # pycocotools asserts that the file holds an object; deep nesting is more
        # than the parser's recursion takes.
        except (ValueError, AssertionError, RecursionError) as error:
            self._refuse([Problem('not JSON', f'is not a JSON object ({error})')])

    def createIndex(self) -> None:  # noqa: N802 - the name is pycocotools'
        """Check the loaded file, then index it."""
        self._refuse(find_annotation_problems(self.dataset))
        super().createIndex()

    def get_cat_ids(
        self,
        cat_names: list[str] | tuple[str, ...] = (),
        sup_names: list[str] | tuple[str, ...] = (),
        cat_ids: list[int] | tuple[int, ...] = (),
    ) -> list[int]:
        """Category ids; names, where given, must be in the file, and in its order.

        How many boxes are left out, as their category is not named, is logged.

        Args:
            cat_names (Sequence[str]): Class names. Defaults to (), any.
            sup_names (Sequence[str]): Super-category names. Defaults to (), any.
            cat_ids (Sequence[int]): Category ids. Defaults to (), any.

        Returns:
            list[int]: Ids of the matching categories, in the file's order.

        Raises:
            DataError: If the file lacks some of ``cat_names``, or has another order.
        """
        if wanted := list(cat_names):
            in_file = [category['name'] for category in self.dataset['categories']]
            problems = find_class_problems(in_file, wanted)
            self._refuse(problems)
            if problems:
                self._say_left_out(wanted)
        return super().get_cat_ids(wanted, list(sup_names), list(cat_ids))

    def _say_left_out(self, wanted: list[str]) -> None:
        names = {each['id']: each['name'] for each in self.dataset['categories']}
        others = [name for name in names.values() if name not in wanted]
        boxes = self.dataset.get('annotations', [])
        number = sum(names[box['category_id']] in others for box in boxes)
        if not number:
            return
        print_log(
            f"{number} of {len(boxes)} boxes of '{self.annotation_file}' are left out: "
            f'their categories {others} are not in classes.',
            logger='current',
            level=logging.WARNING,
        )

    def _refuse(self, problems: Iterable[Problem]) -> None:
        """Raise DataError for the first problem that training refuses."""
        for problem in problems:
            if problem.refused:
                file = f"Annotation file '{self.annotation_file}'"
                raise DataError(problem.sentence(file))
