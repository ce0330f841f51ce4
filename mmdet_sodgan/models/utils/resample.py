import torch
from torch import Tensor


def resample(feat: Tensor, step: float, size: tuple[int, int]) -> Tensor:
    """Values of a map at every ``step``-th cell, bilinear between cells.

    Cell ``i`` of a level of stride ``s`` lies at pixel ``s * i`` of the image, so the
    first cells of both grids coincide, not their borders.

    Args:
        feat (Tensor): ``(N, C, H, W)``.
        step (float): Distance of the new cells in those of ``feat``.
        size (tuple[int, int]): ``(h, w)`` of the result.

    Returns:
        Tensor: ``(N, C, h, w)``; beyond the last cell of ``feat`` its value. With a
        step of 1 the map itself.
    """
    if step == 1:
        return feat
    for dim, count in zip((-2, -1), size, strict=True):
        last = feat.shape[dim] - 1
        place = (step * torch.arange(count, device=feat.device)).clamp(max=last)
        low = place.floor().long()
        share = (place - low).to(feat.dtype)
        share = share[:, None] if dim == -2 else share
        before, after = (
            feat.index_select(dim, x) for x in (low, (low + 1).clamp(max=last))
        )
        feat = before.lerp(after, share)
    return feat
