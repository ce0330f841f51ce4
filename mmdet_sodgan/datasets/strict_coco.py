import json
import posixpath

from mmdet.datasets.api_wrappers import COCO

REQUIRED_KEYS = dict(
    images=('id', 'file_name', 'width', 'height'),
    categories=('id', 'name'),
    annotations=('id', 'image_id', 'category_id', 'bbox', 'area'),
)


class StrictCOCO(COCO):
    """COCO index that refuses what the tolerant one passes over in silence.

    Without it, an annotation whose category is not in ``classes`` is skipped,
    and classes in another order than the file's categories are mislabelled.

    Args:
        annotation_file (str): Path of a COCO annotation file.

    Raises:
        ValueError: If the file is no COCO JSON, lists no images, lacks a key, has
            a file name that leaves the image folder, repeats a category name, or
            has an annotation of an unknown image or category.
    """

    def __init__(self, annotation_file: str) -> None:
        self.annotation_file = annotation_file
        try:
            super().__init__(annotation_file)
        except (json.JSONDecodeError, AssertionError) as error:
            # pycocotools asserts that the file holds an object.
            raise ValueError(
                f"Annotation file '{annotation_file}' is not a JSON object "
                f'({error}): write it again or choose another file.'
            ) from error

    def createIndex(self) -> None:  # noqa: N802 - the name is pycocotools'
        """Check the loaded file, then index it."""
        self._check()
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
            ValueError: If ``cat_names`` differs from the file's categories.
        """
        in_file = [category['name'] for category in self.dataset['categories']]
        wanted = list(cat_names)
        if wanted and wanted != in_file:
            self._refuse_classes(in_file, wanted)
        return super().get_cat_ids(wanted, list(sup_names), list(cat_ids))

    def _refuse_classes(self, in_file: list[str], wanted: list[str]) -> None:
        """Raise ValueError that says how the class names differ."""
        unknown = [name for name in in_file if name not in wanted]
        absent = [name for name in wanted if name not in in_file]
        problems = []
        if unknown:
            problems.append(f'has categories {unknown} that are not in classes')
        if absent:
            problems.append(f'lacks the classes {absent}')
        if not problems:
            problems.append('lists its categories in another order than classes')
        raise ValueError(
            f"Annotation file '{self.annotation_file}' "
            f'{" and ".join(problems)}: set metainfo.classes to {tuple(in_file)}.'
        )

    def _check(self) -> None:
        """Raise ValueError for the first contradiction in ``self.dataset``."""
        where = f"Annotation file '{self.annotation_file}'"
        images = self.dataset.get('images')
        categories = self.dataset.get('categories')
        if not images:
            raise ValueError(f'{where} lists no images: choose another file.')
        if not categories:
            raise ValueError(f'{where} lists no categories: choose another file.')

        for kind, keys in REQUIRED_KEYS.items():
            for entry in self.dataset.get(kind, ()):
                missing = [key for key in keys if key not in entry]
                if missing:
                    raise ValueError(
                        f'{where} has an entry of {kind} without {missing}: add '
                        f'them to {entry}.'
                    )
        for image in images:
            name = posixpath.normpath(image['file_name'].replace('\\', '/'))
            if posixpath.isabs(name) or name.split('/')[0] == '..':
                raise ValueError(
                    f"{where} names the image '{image['file_name']}', which is "
                    'outside of the image folder: make its file_name relative '
                    'to data_prefix.img.'
                )

        names = [category['name'] for category in categories]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f'{where} has several categories named {repeated}: merge them.'
            )
        known = dict(
            image_id={image['id'] for image in images},
            category_id={category['id'] for category in categories},
        )
        for annotation in self.dataset.get('annotations', ()):
            for key, ids in known.items():
                if annotation[key] not in ids:
                    raise ValueError(
                        f'{where} has an annotation (id {annotation["id"]}) with '
                        f'the unknown {key} {annotation[key]}: remove it or list '
                        f'what it refers to.'
                    )
