from dataclasses import dataclass

import numpy as np
from mmdet.structures import DetDataSample


@dataclass
class Prediction:
    """What was found in one of many images.

    Attributes:
        name (str): As it was given.
        image (np.ndarray | None): ``(H, W, 3)``, BGR, uint8.
        sample (DetDataSample | None): ``pred_instances`` has ``bboxes`` ``(n, 4)``
            as x1, y1, x2, y2 in pixels of ``image``, ``scores`` ``(n,)`` and
            ``labels`` ``(n,)``.
        error (str | None): Why there is no sample, in one sentence.
    """

    name: str
    image: np.ndarray | None = None
    sample: DetDataSample | None = None
    error: str | None = None
