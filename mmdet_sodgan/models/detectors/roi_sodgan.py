"""The generator on the features of small RoIs.

Shapes, with ``m`` the small RoIs, ``k`` the side of a pooled feature and ``r`` the
scale factor; RoIs are small below ``roi_head.max_small_side`` px of the LR image:

    LR image -> backbone -> neck -> P2..P6 -> RPN -> RoIs
    P2..P6 -> RoIAlign -> features ``(n, C, k, k)`` -> RoI head
        those of small RoIs, with C2's -> generator -> z_SR ``(m, C, k, k)`` -> RoI head
    HR image -> HR branch -> P2..P6 -> RoIAlign of r times these RoIs -> z_HR
    P2..P5, P3..P6 of the HR image -> L_align (r = 2)
    z_SR, z_HR -> L_MSE, L_TV; D -> L_adv, L_cls, L_reg
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import RoIPair, for_roi_align
from .feature_mixin import FeatureMixin
from .feature_supervision import alignment_losses, roi_reconstruction_losses
from .part_checks import (
    check_reconstructing_head,
    check_target_level,
    require_hr_inputs,
)


@MODELS.register_module()
class RoISODGAN(FeatureMixin, TwoStageDetector):
    """Two-stage detector that reconstructs the features of small RoIs.

    Pyramid, RPN and large RoIs are the host's. D judges the reconstructed RoIs
    that the box head trains on. Data flow and shapes stand at the head of this
    module.

    Args:
        roi_head (dict): Config of a :class:`ReconstructingRoIHead`.
        composite_loss (dict): Config of :class:`CompositeLoss`. Its samples are
            RoIs here, of which the positive ones are the foreground of L_MSE.
        discriminator (dict, optional): Config of the discriminator; see
            :class:`SODGAN`.
        hr_branch (dict, optional): Config of :class:`HRBranch`.
        **kwargs: Arguments of :class:`FeatureMixin` and of mmdet's
            ``TwoStageDetector``.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    def __init__(
        self,
        *,
        roi_head: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        hr_branch: dict | None = None,
        **kwargs,
    ) -> None:
        # The base class edits the config that it is given.
        super().__init__(roi_head=copy.deepcopy(roi_head), **kwargs)
        check_reconstructing_head(self.roi_head)
        self.skip_extractor = None
        if self.generator.skip_channels is not None:
            extractor = dict(roi_head['bbox_roi_extractor'])
            # mmdet's, for a single level, whatever the host's extractor is.
            self.skip_extractor = MODELS.build(
                dict(
                    type='SingleRoIExtractor',
                    roi_layer=extractor['roi_layer'],
                    out_channels=self.generator.skip_channels,
                    featmap_strides=extractor['featmap_strides'][:1],
                )
            )
        judged = self.roi_head.describe_judged()
        self._build_gan(judged, composite_loss, discriminator)
        self._build_hr_branch(hr_branch)
        check_target_level(self)

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """The neck's levels.

        Args:
            batch_inputs (Tensor | tuple): LR images ``(N, 3, H, W)``, or the
                levels, which are handed back to mmdet's detector.

        Returns:
            tuple[Tensor, ...]: ``(N, C, H_l, W_l)``.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        return self._host_features(batch_inputs)[1]

    def loss_and_pair(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], RoIPair]:
        """One forward for both updates.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, LR frame.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            tuple[dict[str, Tensor], RoIPair]: Detection and reconstruction
            losses; RoI features for the discriminator.

        Raises:
            ValueError: A term needs z_HR and there is no HR image.
        """
        skip, pyramid = self._host_features(batch_inputs)
        with self._reconstructing(skip):
            losses = self._detection_losses(pyramid, batch_data_samples)
        samples = self.roi_head.pop_samples()
        targets = z_hr = None
        if self._needs_target():
            targets = self.hr_branch(require_hr_inputs(hr_inputs))
            z_hr = self._pool_target(targets, samples.rois)
        if self._reconstructs():
            z_rec = samples.feats
            if not self._trusts_target():
                # Of G alone; see PyramidMixin.
                with torch.no_grad():
                    feats = self.roi_head.pool(pyramid, samples.rois)
                z_rec = self._reconstruct(skip.detach(), feats, samples.rois)
            losses |= roi_reconstruction_losses(self, z_rec, z_hr, samples.positive)
            if self.composite_loss.aligns_pyramid:
                strides = self.roi_head.first_extractor.featmap_strides
                losses |= alignment_losses(
                    self, batch_data_samples, pyramid, targets, strides
                )
        real = z_hr if self._discriminator_learns() else None
        return losses, RoIPair.of(samples, real)

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """As the base class; small RoIs are reconstructed.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples.
            rescale (bool): Boxes in pixels of the original image, else of
                the LR image.

        Returns:
            list[DetDataSample]: The samples with ``pred_instances``.
        """
        skip, pyramid = self._host_features(batch_inputs)
        with self._reconstructing(skip):
            return super().predict(pyramid, batch_data_samples, rescale)

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: list[DetDataSample]
    ) -> tuple:
        skip, pyramid = self._host_features(batch_inputs)
        with self._reconstructing(skip):
            return super()._forward(pyramid, batch_data_samples)

    @contextmanager
    def _reconstructing(self, skip: Tensor) -> Iterator[None]:
        """Lend the RoI head the generator and this batch's low-level features."""
        with self.roi_head.reconstructing(partial(self._reconstruct, skip)):
            yield

    def _reconstruct(self, skip: Tensor, feats: Tensor, rois: Tensor) -> Tensor:
        """Pooled features ``(m, C, k, k)`` of the LR image to z_SR."""
        if self.skip_extractor is not None:
            skip = self.skip_extractor((for_roi_align(skip),), rois)
        return self.generator(feats, skip)

    @torch.no_grad()
    def _pool_target(self, targets: tuple[Tensor, ...], rois: Tensor) -> Tensor:
        """The same RoIs ``(m, 5)``, LR frame, from the pyramid of the HR image."""
        scale = rois.new_tensor([1.0] + 4 * [self.data_preprocessor.scale_factor])
        return self.roi_head.pool(targets, rois * scale)
