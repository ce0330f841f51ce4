"""What mmcv's RoIAlign needs of its callers."""

from mmcv.ops import RoIAlign
from torch import Tensor


def for_roi_align(feat: Tensor) -> Tensor:
    """Bring a map into the form that mmcv's RoIAlign can read.

    It has no bfloat16 kernel, and reads a channels-last map as if it were
    contiguous, without an error.

    Args:
        feat (Tensor): ``(N, C, H, W)`` of any type and layout.

    Returns:
        Tensor: The same in float32, contiguous.
    """
    return feat.float().contiguous()


def pool_rois(layer: RoIAlign, feat: Tensor, rois: Tensor) -> Tensor:
    """Pool RoIs from one map.

    Args:
        layer (RoIAlign): With the scale from RoIs to cells.
        feat (Tensor): ``(N, C, H, W)`` of any type and layout.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2.

    Returns:
        Tensor: ``(m, C, k, k)`` in float32, with a graph to ``feat`` also where
        ``m`` is 0.
    """
    if len(rois) == 0:
        # CUDA can launch no kernel over nothing.
        nothing = feat.new_zeros(0, feat.shape[1], *layer.output_size).float()
        return nothing + 0 * feat.sum()
    return layer(for_roi_align(feat), rois)
