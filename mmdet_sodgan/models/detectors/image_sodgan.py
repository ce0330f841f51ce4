"""The generator at the image.

Shapes, with ``r`` the scale factor; boxes and strides are in pixels of the HR
image (``data_preprocessor.frame='hr'``):

    LR image -> generator -> SR image         ``(N, 3, r*H, r*W)``
    SR image -> backbone -> neck -> heads -> detection losses, detections
    SR image, HR image -> L_MSE, L_TV         HR image in training only
    crops of both at the RoIs ``(m, 3, k, k)`` -> D -> L_adv, L_cls, L_reg
"""

import copy

from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import RoIPair
from .feature_supervision import reconstruction_losses
from .gan_mixin import GANMixin
from .image_crops import crop_rois
from .part_checks import (
    check_preprocessor,
    check_roi_head,
    check_scale_factors,
    require_hr_inputs,
)


@MODELS.register_module()
class ImageSODGAN(GANMixin, TwoStageDetector):
    """Two-stage detector that looks at a super-resolved image.

    The target of G is the HR image itself, so there is no HR branch. D judges
    crops of both images at the RoIs of the finest pyramid level.

    Args:
        generator (dict): Config of an :class:`ImageGenerator`;
            ``scale_factor`` is taken from the data preprocessor.
        roi_head (dict): Config of a :class:`SODGANRoIHead`, or of another with
            :class:`JudgedRoIsMixin`.
        composite_loss (dict): Config of :class:`CompositeLoss`, without
            ``align``.
        discriminator (dict, optional): Config of the discriminator. Not built
            when no term of the composite loss needs it. ``num_classes`` is the
            box head's when not given, ``in_channels`` 3 and ``roi_feat_size``,
            the side of a crop, 32.
        detach_generator (bool): Keep the detector's losses from G, which then
            learns from the composite loss alone: with ``mse`` alone it is the
            baseline of a super-resolution network and a detector. (The
            schedule of AlternatingOptimHook must keep ``reconstruction`` above 0
            then: distributed training wants a gradient for every parameter.)
        **kwargs: Arguments of mmdet's ``TwoStageDetector``; its
            ``data_preprocessor`` must be a
            :class:`PairedResolutionPreprocessor` with ``frame='hr'``.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    def __init__(
        self,
        *,
        generator: dict,
        roi_head: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        detach_generator: bool = False,
        **kwargs,
    ) -> None:
        # The base class edits the config that it is given.
        super().__init__(roi_head=copy.deepcopy(roi_head), **kwargs)
        check_preprocessor(self.data_preprocessor, frame='hr')
        check_roi_head(self.roi_head)
        r = self.data_preprocessor.scale_factor
        self.generator = MODELS.build(dict(scale_factor=r) | generator)
        check_scale_factors(self)
        judged = self.roi_head.describe_judged()
        judged |= dict(in_channels=3, roi_feat_size=32)
        self._build_gan(judged, composite_loss, discriminator)
        if self.composite_loss.aligns_pyramid:
            raise ValueError(
                'composite_loss.align compares pyramid levels with those of an HR '
                'branch, and ImageSODGAN has none: its target is the HR image; set '
                'composite_loss.align to None.'
            )
        if detach_generator and 'mse' not in self.composite_loss.terms:
            raise ValueError(
                'detach_generator is True but there is no composite_loss.mse, so '
                'nothing would teach G to restore the image; give composite_loss.mse '
                'or set detach_generator to False.'
            )
        self.detach_generator = detach_generator

    @property
    def max_small_side(self) -> float:
        """Side below which RoIs are pooled from the finest level, in HR pixels."""
        return 2 * self.roi_head.first_extractor.finest_scale

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """Pyramid of the super-resolved image.

        Args:
            batch_inputs (Tensor | tuple): LR images ``(N, 3, H, W)``, or the
                result of an earlier call, which is handed back: so one
                forward serves the losses of the base class and the GAN's.

        Returns:
            tuple[Tensor, ...]: The levels of the neck.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        return super().extract_feat(self.generator(batch_inputs))

    def compared_maps(
        self, batch_inputs: Tensor, hr_inputs: Tensor | None = None
    ) -> dict[str, Tensor]:
        """LR, SR and, where given, HR image, all normalised.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: ``(N, 3, H, W)``, the others r times as large.
        """
        images = {'LR': batch_inputs, 'SR': self.generator(batch_inputs)}
        return images if hr_inputs is None else images | {'HR': hr_inputs}

    def loss_and_pair(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], RoIPair]:
        """One forward for both updates.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, HR frame.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            tuple[dict[str, Tensor], RoIPair]: Detection and reconstruction
            losses; crops ``(m, 3, k, k)`` for the discriminator.

        Raises:
            ValueError: A term needs the HR image and there is none.
        """
        sr = self.generator(batch_inputs)
        shown = sr.detach() if self.detach_generator else sr
        levels = super().extract_feat(shown)
        losses = self._detection_losses(levels, batch_data_samples)
        samples = self.roi_head.pop_samples()
        hr = require_hr_inputs(hr_inputs) if self._needs_target() else None
        if self._reconstructs():
            losses |= reconstruction_losses(self, batch_data_samples, sr, hr)
        if self.discriminator is None:
            return losses, RoIPair.of(samples, None)
        size = self.discriminator.roi_feat_size
        samples = samples._replace(feats=crop_rois(sr, samples.rois, size))
        learns = self._discriminator_learns()
        real = crop_rois(hr, samples.rois, size) if learns else None
        return losses, RoIPair.of(samples, real)
