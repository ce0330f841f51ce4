"""The reconstructed level in few channels.

Shapes, with ``c`` a fraction of ``C``, the channels of the pyramid:

    map    ``(N, c, r*H, r*W)``    what the generator computes
    z_SR = project(map)            ``(N, C, r*H, r*W)``, project a 1x1 convolution

What is linear can act on the map: RoIs are pooled from it and projected behind that, a
convolution takes the projection into its weights. So z_SR, the largest map of a
detector, need not exist at test time.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class Sight(NamedTuple):
    """What the RPN reads before detail comes into the level.

    Attributes:
        where (Tensor): Cells in or next to which it sees something, around which detail
            is computed, bool ``(N, H, W)``.
        enlarged (tuple[Tensor, Tensor]): Scores ``(N, A, H, W)`` and deltas
            ``(N, 4 * A, H, W)`` of the enlarged z_LR.
        z_lr (tuple[Tensor, Tensor]): Those of z_LR.
    """

    where: Tensor
    enlarged: tuple[Tensor, Tensor]
    z_lr: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class FineLevel:
    """z_SR and what it is made of; shapes at the head of this module.

    Args:
        map (Tensor): ``(N, c, r*H, r*W)``.
        project (nn.Conv2d): 1x1, from c to C channels.
        scale_factor (int): ``r``, cells of the map along the side of one of z_LR.
        sight (Sight, optional): Where detail was computed; None: everywhere.
    """

    map: Tensor
    project: nn.Conv2d
    scale_factor: int
    sight: Sight | None = None

    def __getitem__(self, index: Any) -> 'FineLevel':
        """Index the map, as MMDetection does to hand a sampler one image's levels.

        Args:
            index (Any): Of a tensor.
        """
        return FineLevel(self.map[index], self.project, self.scale_factor)

    def dense(self) -> Tensor:
        """z_SR ``(N, C, r*H, r*W)``."""
        return self.project(self.map)

    def convolve(self, layer: nn.Conv2d) -> Tensor:
        """``layer(self.dense())`` at every r-th position, for what has z_LR's grid.

        Outside of the image z_SR counts as ``project.bias``, not as zero.

        Args:
            layer (nn.Conv2d): From C to F channels, of stride 1, with a bias, which
                keeps the size of a map.

        Returns:
            Tensor: ``(N, F, H, W)``.
        """
        project = self.project.weight.flatten(1)
        weight = (layer.weight.permute(0, 2, 3, 1) @ project).permute(0, 3, 1, 2)
        bias = layer.bias + layer.weight.sum((2, 3)) @ self.project.bias
        stride = self.scale_factor
        return F.conv2d(self.map, weight, bias, stride, layer.padding)


def as_map(level: FineLevel | Tensor) -> Tensor:
    """z_SR ``(N, C, r*H, r*W)`` of either form of the reconstructed level.

    Args:
        level (FineLevel | Tensor): What the generator returns.
    """
    return level.dense() if isinstance(level, FineLevel) else level
