from typing import NamedTuple

from torch import Tensor


class Features(NamedTuple):
    """What the detector made of the LR images, or the teacher of the HR images.

    Attributes:
        levels (tuple[Tensor]): Of the detector, the levels that its heads read; of
            the teacher, its pyramid. ``(N, C, H_l, W_l)``, finest first.
        fine (Tensor, optional): What L_MSE compares: z_SR and z_HR as maps
            ``(N, C, H, W)`` or RoI features ``(m, C', k, k)``, or images
            ``(N, 3, H, W)``. None where the detector makes it of its RoIs.
        inputs (tuple[Tensor]): What the generator reads.
    """

    levels: tuple[Tensor, ...]
    fine: Tensor | None = None
    inputs: tuple[Tensor, ...] = ()
