"""The generator at the pyramid, whose result stays narrow.

Shapes, with ``c = mid_channels`` and the other letters of :mod:`.pyramid_generator`:

    feat   ``(N, C, H/s, W/s)``        finest pyramid level, z_LR
    map    ``(N, c, r*H/s, r*W/s)``    mix(residual path) + enlarge(reduce(z_LR))
    z_SR   ``(N, C, r*H/s, r*W/s)``    project(map)
"""

from collections.abc import Callable

import torch
import torch.nn as nn
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import FineLevel, Sight, fill_in_tiles
from .pyramid_generator import PyramidGenerator, enlarge


@MODELS.register_module()
class NarrowPyramidGenerator(PyramidGenerator):
    """Reconstruct the finest pyramid level in the few channels that objects need.

    Of 128 channels 48 hold what the box head reads of small objects
    (docs/lab_notes/experiments.md, section 16). So z_SR is a 1x1 convolution of a
    narrow map, which RoIs are pooled from, and which the RPN's convolution acts on,
    before that convolution. What is added to the enlarged z_LR starts at zero;
    :class:`SubspaceStartHook` lets the rest start from z_LR.

    Args:
        in_channels (int): ``C``, channels of z_LR and of z_SR.
        **kwargs: Further arguments of :class:`PyramidGenerator`.

    Raises:
        ValueError: As there.
    """

    zero_layer = 'mix'

    def __init__(self, in_channels: int = 256, **kwargs) -> None:
        super().__init__(in_channels=in_channels, **kwargs)
        channels = self.project.in_channels
        self.mix = nn.Conv2d(channels, channels, 1)

    @property
    def untrained(self) -> bool:
        """Whether the layer that starts at zero is still there."""
        return not self.mix.weight.any()

    @torch.no_grad()
    def start_from(self, feat: Tensor) -> None:
        """Make z_SR the enlarged z_LR, on the principal axes of z_LR.

        Args:
            feat (Tensor): z_LR of a few images, ``(N, C, H/s, W/s)``.
        """
        cells = feat.float().transpose(0, 1).flatten(1)
        mean = cells.mean(1)
        variances, axes = torch.linalg.eigh(torch.cov(cells))
        # A map as wide as the level has room for all axes; the rest stays as drawn.
        count = min(self.reduce.out_channels, len(axes))
        axes, variances = axes[:, -count:], variances[-count:]
        # The map starts with unit variance, as its layers expect.
        scale = variances.mean().clamp(min=1e-12).sqrt()
        self.reduce.weight[:count].copy_((axes.T / scale)[..., None, None])
        self.reduce.bias[:count].copy_(-(axes.T @ mean) / scale)
        self.project.weight.zero_()
        self.project.weight[:, :count].copy_((axes * scale)[..., None, None])
        self.project.bias.copy_(mean)

    def forward(
        self,
        image: Tensor,
        skip: Tensor | None,
        feat: Tensor,
        look: Callable[[FineLevel, Tensor], Sight] | None = None,
    ) -> FineLevel:
        """Reconstruct z_SR; shapes at the head of this module.

        Args:
            image (Tensor): The LR image.
            skip (Tensor, optional): The backbone level.
            feat (Tensor): z_LR.
            look (Callable, optional): Says of the enlarged z_LR, a
                :class:`FineLevel`, and of z_LR in which of its cells detail is worth
                computing; around it the result is the enlarged z_LR. None computes
                detail everywhere, as in training.
        """
        self._check_grid(image, feat)
        reduced = self.reduce(feat)
        fine = enlarge(reduced, self.scale_factor)
        if look is None:
            fine = fine + self._detail(image, skip, reduced)
            return FineLevel(fine, self.project, self.scale_factor)
        layout = (
            torch.channels_last if reduced.stride(1) == 1 else torch.contiguous_format
        )
        fine = fine.contiguous(memory_format=layout)
        sight = look(FineLevel(fine, self.project, self.scale_factor), feat)
        inputs = image, skip, reduced, fine
        fill_in_tiles(fine, self._with_detail, inputs, sight.where)
        return FineLevel(fine, self.project, self.scale_factor, sight)

    def _with_detail(
        self, image: Tensor, skip: Tensor | None, reduced: Tensor, fine: Tensor
    ) -> Tensor:
        return fine + self._detail(image, skip, reduced)

    def _detail(self, image: Tensor, skip: Tensor | None, reduced: Tensor) -> Tensor:
        """What is added to the enlarged z_LR, ``(N, c, r*H/s, r*W/s)``."""
        return self.mix(self._hidden(image, skip, reduced))
