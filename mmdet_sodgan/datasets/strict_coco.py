from collections.abc import Iterable

from mmdet.datasets.api_wrappers import COCO

from ..utils.without_prints import without_prints
from .annotation_checks import find_annotation_problems, find_class_problems
from .data_error import DataError
from .problem import Problem


class StrictCOCO(COCO):
    """COCO index that refuses what the tolerant one passes over in silence.

    Without it, an annotation whose category is not in ``classes`` is skipped,
    and classes in another order than the file's categories are mislabelled.

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
        """Category ids; names, where given, must be all of the file's in order.

        Args:
            cat_names (Sequence[str]): Class names. Defaults to (), any.
            sup_names (Sequence[str]): Super-category names. Defaults to (), any.
            cat_ids (Sequence[int]): Category ids. Defaults to (), any.

        Returns:
            list[int]: Ids of the matching categories, in the file's order.

        Raises:
            DataError: If ``cat_names`` differs from the file's categories.
        """
        if wanted := list(cat_names):
            in_file = [category['name'] for category in self.dataset['categories']]
            self._refuse(find_class_problems(in_file, wanted))
        return super().get_cat_ids(wanted, list(sup_names), list(cat_ids))

    def _refuse(self, problems: Iterable[Problem]) -> None:
        """Raise DataError for the first problem that training refuses."""
        for problem in problems:
            if problem.refused:
                file = f"Annotation file '{self.annotation_file}'"
                raise DataError(problem.sentence(file))
