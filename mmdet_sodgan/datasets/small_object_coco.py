import logging
from collections.abc import Iterable
from typing import Any

import cv2
from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine import fileio
from mmengine.logging import print_log

from ..utils.image_bounds import MAX_PIXELS
from .annotation_checks import find_bound_problems
from .data_error import DataError, ImageError, MissingAnnotationsError
from .filter_counts import count_filtered, describe_filtered
from .image_checks import (
    extreme_shape,
    find_header_problems,
    find_pixel_problems,
    loader_backend,
)
from .problem import Problem
from .strict_coco import StrictCOCO


@DATASETS.register_module()
class SmallObjectCocoDataset(CocoDataset):
    """COCO-format data set that reports bad data instead of passing over it.

    Everything but the checks, arguments included, is ``CocoDataset``'s. Give the
    class names with ``metainfo=dict(classes=(...))``, all or some of the annotation
    file's categories in the file's order. What is refused is the same as what
    ``sodgan doctor --data`` reports as such, see docs/use_it/data.md.

    Args:
        max_pixels (int): Width times height of the largest image that is read,
            by the annotation file and by the header of the image. Defaults to
            300,000,000. Pillow has a bound of its own: above 178,956,970 it warns,
            above twice of that its loader refuses.

    Raises:
        DataError: A ValueError, if the annotation file contradicts itself or
            ``metainfo.classes`` (see :class:`StrictCOCO`), or if ``filter_cfg``
            leaves no image.
        MissingAnnotationsError: A FileNotFoundError, if there is no annotation file.
        ImageError: An OSError, on access to a sample whose image cannot be read, a
            truncated one included, has another size than in the annotation file, is
            too large, has more than 8 bits, which the loader would cut off or turn
            nearly black, or is so long that ``Resize`` would leave nothing of a side.
    """

    COCOAPI = StrictCOCO

    def __init__(self, *args, max_pixels: int = MAX_PIXELS, **kwargs) -> None:
        self.max_pixels = max_pixels
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Load and check the annotation file.

        Returns:
            list[dict]: One dict an image, see ``CocoDataset``.
        """
        try:
            return super().load_data_list()
        except FileNotFoundError as error:
            raise MissingAnnotationsError(
                f"Annotation file '{self.ann_file}' does not exist: make it, or "
                'correct data_root and ann_file of the dataset.'
            ) from error
        except OSError as error:
            raise DataError(
                f"Annotation file '{self.ann_file}' cannot be read "
                f'({error.strerror}): correct data_root and ann_file of the dataset.'
            ) from error

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Bound the size of an image, then parse its annotations.

        Args:
            raw_data_info (dict): Entries of an image and of its objects.

        Returns:
            dict: See ``CocoDataset``.
        """
        image = raw_data_info['raw_img_info']
        for problem in find_bound_problems(image, self.max_pixels):
            raise DataError(problem.sentence(f"Annotation file '{self.ann_file}'"))
        return super().parse_data_info(raw_data_info)

    def filter_data(self) -> list[dict]:
        """Filter the images by ``filter_cfg``, and say how many are left.

        Returns:
            list[dict]: The images that are left, at least one.
        """
        data_list = super().filter_data()
        if not data_list:
            raise DataError(
                f"filter_cfg {self.filter_cfg} leaves no image of '{self.ann_file}': "
                'relax it or choose another annotation file.'
            )
        if not self.test_mode and self.filter_cfg is not None:
            filled = [self.cat_img_map[number] for number in self.cat_ids]
            counts = count_filtered(self.data_list, filled, self.filter_cfg)
            total = len(self.data_list)
            for sentence in describe_filtered(self.ann_file, total, *counts):
                print_log(sentence, logger='current', level=logging.WARNING)
        return data_list

    def prepare_data(self, idx: int) -> Any:
        """Check the header of a sample's image, then run the pipeline.

        Args:
            idx (int): Index of the sample.

        Returns:
            Any: What the pipeline returns.
        """
        info = self.get_data_info(idx)
        path = info['img_path']
        try:
            with fileio.get_local_path(path, self.backend_args) as local:
                backend = loader_backend(self.pipeline.transforms)
                self._refuse(
                    path, find_header_problems(local, info, self.max_pixels, backend)
                )
            return super().prepare_data(idx)
        except DataError:
            raise
        except Exception as error:
            # Loaders raise whatever their backend does, so the kind of exception
            # does not tell a broken image from a broken pipeline; decoding it does.
            with fileio.get_local_path(path, self.backend_args) as local:
                self._refuse(path, find_pixel_problems(local))
            # OpenCV says in this way that a side would shrink to nothing.
            if isinstance(error, cv2.error) and 'resize' in str(error):
                self._refuse(path, [extreme_shape(info['width'], info['height'])])
            raise

    def _refuse(self, path: str, problems: Iterable[Problem]) -> None:
        """Raise ImageError for the first problem that training refuses."""
        for problem in problems:
            if problem.refused:
                image = f"Image '{path}' of annotation file '{self.ann_file}'"
                raise ImageError(problem.sentence(image))
