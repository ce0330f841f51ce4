from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.visualization import fit_picture

from .detections import Detections

#: Pixels of the longer side of a picture on the page, see :func:`fit_picture`.
ENLARGED_SIDE, LARGEST_SIDE = 1000, 2000


@dataclass(frozen=True)
class Comparison:
    """What models found in one image, kept so that they need not run again.

    Args:
        picture (np.ndarray): ``(H, W, 3)``, RGB, uint8: the image at the size of
            the page.
        scale (float): Pixels of the picture by one of the image.
        results (tuple[tuple[str, Detections], ...]): Name of each model and what
            it found, in pixels of the image.
    """

    picture: np.ndarray
    scale: float
    results: tuple[tuple[str, Detections], ...]

    @classmethod
    def run(
        cls, path: str | Path, models: Sequence[tuple[str, Predictor]]
    ) -> 'Comparison':
        """Run each model on an image.

        Args:
            path (str | Path): File of the image.
            models (Sequence[tuple[str, Predictor]]): Each with its name.

        Returns:
            Comparison: The results of all models.

        Raises:
            ValueError: The image cannot be read or is too large.
        """
        results = []
        for name, predictor in models:
            image = predictor.load(path)
            found = Detections.from_sample(predictor(image), predictor.classes)
            results.append((name, found))
        picture, scale = fit_picture(
            np.ascontiguousarray(image[..., ::-1]), ENLARGED_SIDE, LARGEST_SIDE
        )
        return cls(picture, scale, tuple(results))
