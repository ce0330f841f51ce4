"""What compares the student's features, or image, with those of the HR image."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import region_masks

if TYPE_CHECKING:
    from .gan_mixin import GANMixin
    from .image_sodgan import ImageSODGAN
    from .pyramid_mixin import PyramidMixin


def reconstruction_losses(
    detector: 'PyramidMixin | ImageSODGAN',
    data_samples: list[DetDataSample],
    z_sr: Tensor,
    z_hr: Tensor | None,
) -> dict[str, Tensor]:
    """L_MSE and L_TV of the reconstructed level, or of the image.

    Args:
        detector (PyramidMixin | ImageSODGAN): With its schedule set.
        data_samples (list[DetDataSample]): N samples, in the frame in which
            ``detector.generator.out_stride`` counts.
        z_sr (Tensor): ``(N, C, H, W)``.
        z_hr (Tensor, optional): Its target; None without L_MSE.

    Returns:
        dict[str, Tensor]: Scalar losses.
    """
    stride = detector.generator.out_stride
    masks = region_masks(data_samples, z_sr, stride, detector.max_small_side)
    return detector.composite_loss.reconstruction(
        z_sr, z_hr, *masks, detector.gan_schedule.reconstruction
    )


def roi_reconstruction_losses(
    detector: 'GANMixin', sr: Tensor, hr: Tensor | None, positive: Tensor
) -> dict[str, Tensor]:
    """L_MSE and L_TV over all positions of all judged RoIs.

    Args:
        detector (GANMixin): With its schedule set.
        sr (Tensor): RoI features or image patches, ``(m, C, k, k)``.
        hr (Tensor, optional): Their target; None without L_MSE.
        positive (Tensor): Bool ``(m,)``; these RoIs are the foreground.

    Returns:
        dict[str, Tensor]: Scalar losses.
    """
    foreground = positive[:, None, None].expand(-1, *sr.shape[-2:])
    valid = torch.ones_like(foreground)
    return detector.composite_loss.reconstruction(
        sr, hr, valid, foreground, detector.gan_schedule.reconstruction
    )


def alignment_losses(
    detector: 'GANMixin',
    data_samples: list[DetDataSample],
    levels: Sequence[Tensor],
    targets: Sequence[Tensor],
    strides: Sequence[int],
) -> dict[str, Tensor]:
    """L_align: the ordinary levels against the HR pyramid, shifted by log2 r.

    An object has as many cells in level ``l`` of the LR image as in level
    ``l + log2 r`` of the HR image, and the heads, shared by all levels, came
    from the HR image's (scale-consistent distillation: Qi et al., Multi-scale
    Aligned Distillation for Low-Resolution Detection, CVPR 2021).

    Args:
        detector (GANMixin): With its schedule set.
        data_samples (list[DetDataSample]): N samples, LR frame.
        levels (Sequence[Tensor]): Of the LR image, ``(N, C, H_l, W_l)``.
        targets (Sequence[Tensor]): All of the HR image, finest first.
        strides (Sequence[int]): Of ``levels``, in pixels of the LR image.

    Returns:
        dict[str, Tensor]: ``loss_align``, mean over the levels; empty if no
        two levels correspond.
    """
    shift = int(math.log2(detector.data_preprocessor.scale_factor))
    weight = detector.gan_schedule.reconstruction
    # The generator's inputs and the levels of objects that it leaves alone.
    losses = [
        detector.composite_loss.alignment(
            level,
            target,
            *region_masks(data_samples, level, stride, math.inf),
            weight,
        )
        for level, target, stride in zip(levels, targets[shift:], strides, strict=False)
    ]
    return {'loss_align': sum(losses) / len(losses)} if losses else {}
