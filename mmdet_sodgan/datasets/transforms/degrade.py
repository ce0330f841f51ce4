import os
import zlib

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS

from ...models.data_preprocessors import SCALE_FACTORS, Degradation


@TRANSFORMS.register_module()
class Degrade(BaseTransform):
    """Stand in for a camera whose images are LR images already.

    Each image is degraded once: its draws follow from its file name. For a second
    data set of a benchmark; the LR images that a training makes of its HR images are
    the data preprocessor's.

    Required keys: ``img``, ``img_path``. Changed keys: ``img``, ``img_shape``,
    ``scale_factor``.

    Args:
        scale_factor (int): ``r``, side of the loaded image over side of the LR image.
        **degradation: Arguments of :class:`Degradation`.

    Raises:
        ValueError: As :class:`Degradation`, or ``scale_factor`` is not 2 or 4.
    """

    def __init__(self, scale_factor: int, **degradation) -> None:
        if scale_factor not in SCALE_FACTORS:
            raise ValueError(
                f'Degrade.scale_factor (r) is {scale_factor}; give that of the data '
                f'preprocessor, one of {SCALE_FACTORS}.'
            )
        self.scale_factor = scale_factor
        self.degradation = Degradation(**degradation)

    def transform(self, results: dict) -> dict:
        """Degrade one image.

        Args:
            results (dict): Of mmcv; ``img`` is BGR ``(h, w, 3)``.

        Returns:
            dict: ``img`` is ``(ceil(h / r), ceil(w / r), 3)``, uint8.

        Raises:
            ValueError: Boxes were loaded before.
        """
        if 'gt_bboxes' in results:
            raise ValueError(
                'Degrade leaves boxes as they are; put it before LoadAnnotations.'
            )
        name = os.path.basename(results['img_path'])
        with torch.random.fork_rng(devices=[]):
            # torch.manual_seed would set the GPU's generator too, and leave it so.
            torch.default_generator.manual_seed(zlib.crc32(name.encode()))
            image = torch.from_numpy(results['img']).permute(2, 0, 1)[None].float()
            image = self.degradation(image, self.scale_factor)[0]
        results['img'] = np.ascontiguousarray(image.byte().permute(1, 2, 0).numpy())
        results['img_shape'] = results['img'].shape[:2]
        factors = results.get('scale_factor', (1.0, 1.0))
        results['scale_factor'] = tuple(x / self.scale_factor for x in factors)
        return results
