from mmcv.ops import roi_align
from torch import Tensor

from ..roi_heads.judged_rois_mixin import for_roi_align


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
    return roi_align(for_roi_align(images), rois, size, 1.0, 0, 'avg', True)
