"""What generators of images share."""

import torch.nn as nn
from mmcv.ops import RoIAlign
from torch import Tensor

from ..utils import pool_rois


def crop_rois(images: Tensor, rois: Tensor, size: int) -> Tensor:
    """Crop RoIs from images and bring them to one size.

    RoIAlign (He et al., ICCV 2017) with as many bilinear samples a cell as a RoI
    has pixels there, so that large RoIs are averaged and not thinned out.

    Args:
        images (Tensor): ``(N, 3, H, W)`` of any floating type and layout.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2 in its
            pixels; ``m`` may be 0.
        size (int): ``k``, side of a crop.

    Returns:
        Tensor: ``(m, 3, k, k)`` in float32.
    """
    return pool_rois(RoIAlign(size, 1.0, 0), images, rois)


def refuse_teacher(detector: nn.Module, cfg: dict | None) -> None:
    """Refuse a teacher where the target is the HR image itself.

    Args:
        detector (nn.Module): For the message.
        cfg (dict, optional): Config of a teacher.

    Raises:
        ValueError: There is one.
    """
    if cfg is not None:
        raise ValueError(
            f'model.teacher is given but the target of {type(detector).__name__} is '
            'the HR image itself; take it out of the config.'
        )
