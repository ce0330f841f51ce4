from io import BytesIO
from typing import Any

from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine import fileio
from PIL import Image

from .strict_coco import StrictCOCO


@DATASETS.register_module()
class SmallObjectCocoDataset(CocoDataset):
    """COCO-format data set that reports bad data instead of passing over it.

    Everything but the checks, arguments included, is ``CocoDataset``'s. Give the
    class names with ``metainfo=dict(classes=(...))``, all of the annotation
    file's categories in the file's order.

    Raises:
        FileNotFoundError: If the annotation file does not exist.
        ValueError: If the annotation file contradicts itself or
            ``metainfo.classes`` (see :class:`StrictCOCO`), or if ``filter_cfg``
            leaves no image.
        OSError: On access to a sample whose image cannot be read, a truncated
            one included.
    """

    COCOAPI = StrictCOCO

    def load_data_list(self) -> list[dict]:
        """Load and check the annotation file.

        Returns:
            list[dict]: One dict an image, see ``CocoDataset``.
        """
        try:
            return super().load_data_list()
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"Annotation file '{self.ann_file}' does not exist: make it, or "
                'correct data_root and ann_file of the dataset.'
            ) from error

    def filter_data(self) -> list[dict]:
        """Filter the images by ``filter_cfg``.

        Returns:
            list[dict]: The images that are left, at least one.
        """
        data_list = super().filter_data()
        if not data_list:
            raise ValueError(
                f"filter_cfg {self.filter_cfg} leaves no image of '{self.ann_file}': "
                'relax it or choose another annotation file.'
            )
        return data_list

    def prepare_data(self, idx: int) -> Any:
        """Run the pipeline on a sample, and name the image if it is unreadable.

        Args:
            idx (int): Index of the sample.

        Returns:
            Any: What the pipeline returns.
        """
        try:
            return super().prepare_data(idx)
        except Exception as error:
            path = self.get_data_info(idx)['img_path']
            problem = self._find_image_problem(path)
            if problem is None:
                raise
            raise OSError(
                f"Image '{path}' cannot be read ({problem}): restore the file or "
                f"remove its entry from '{self.ann_file}'."
            ) from error

    def _find_image_problem(self, path: str) -> str | None:
        """Say why an image does not decode, or None if it does.

        Loaders raise whatever their backend does, so the kind of exception does
        not tell a broken image from a broken pipeline; decoding it does.
        """
        try:
            content = fileio.get(path, backend_args=self.backend_args)
            with Image.open(BytesIO(content)) as image:
                image.load()
        except FileNotFoundError:
            return 'no such file'
        except Exception as problem:
            # Pillow's own text may name the buffer instead of the file.
            unidentified = 'cannot identify' in str(problem)
            return 'not an image' if unidentified else str(problem)
        return None
