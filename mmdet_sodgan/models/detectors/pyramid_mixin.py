"""The generator at the pyramid.

Shapes, with ``s`` the stride of the finest pyramid level (4 with an FPN, 8 with
RetinaNet's) and ``r`` the scale factor, all in pixels of the LR image:

    LR image -> backbone -> neck -> P2..P6        P2 = z_LR ``(N, C, H/s, W/s)``
    image, C2, P2 -> generator -> z_SR            ``(N, C, r*H/s, r*W/s)``
    (z_SR, P2..P6) -> the host's heads -> detection losses, detections
    HR image -> HR branch -> z_HR                 shape of z_SR, training only
    P2..P6, P3..P7 of the HR image -> L_align (r = 2)
    z_SR, z_HR -> L_MSE, L_TV; RoIAlign -> D -> L_adv, L_cls, L_reg
"""

from collections.abc import Sequence

from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils import RoIPair, RoISamples
from .feature_mixin import FeatureMixin
from .feature_supervision import alignment_losses, reconstruction_losses
from .part_checks import require_hr_inputs


class PyramidMixin(FeatureMixin):
    """One finer level in front of any host's pyramid; goes before mmdet's detector.

    The ordinary levels stay as they are. A subclass calls :meth:`_build_gan` and
    :meth:`_build_hr_branch`, and says which RoIs D judges.

    Args:
        **kwargs: Arguments of :class:`FeatureMixin`; of the generator,
            ``scale_factor`` is taken from the data preprocessor and
            ``in_stride`` from the host's anchors.
    """

    def _generator_defaults(self, neck: dict | None) -> dict:
        found = dict(
            scale_factor=self.data_preprocessor.scale_factor,
            # The anchors' first level is the reconstructed one.
            in_stride=self.level_strides[1][0],
        )
        return found | super()._generator_defaults(neck)

    @property
    def level_strides(self) -> Sequence[tuple[int, int]]:
        """Strides (w, h) of all levels in pixels of the LR image, finest first."""
        raise NotImplementedError

    @property
    def max_small_side(self) -> float:
        """Below it, ``sqrt(w * h)`` in pixels of the LR image, an object is small.

        Larger ones are never pooled from the reconstructed level.
        """
        raise NotImplementedError

    def _sample_rois(
        self, z_sr: Tensor, data_samples: list[DetDataSample]
    ) -> RoISamples:
        """The RoIs of this iteration that D judges."""
        raise NotImplementedError

    def _pool_target(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        """Pool RoIs from z_HR as :meth:`_sample_rois` does from z_SR."""
        raise NotImplementedError

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """Pyramid with the reconstructed level in front.

        Args:
            batch_inputs (Tensor | tuple): LR images ``(N, 3, H, W)``, or the
                result of an earlier call, which is handed back: so one
                forward serves the losses of the base class and the GAN's.

        Returns:
            tuple[Tensor, ...]: z_SR ``(N, C, r*H/s, r*W/s)``, then the
            levels of the neck.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        skip, pyramid = self._host_features(batch_inputs)
        return (self.generator(batch_inputs, skip, pyramid[0]), *pyramid)

    def compared_maps(
        self, batch_inputs: Tensor, hr_inputs: Tensor | None = None
    ) -> dict[str, Tensor]:
        """z_LR, z_SR and, where there are HR branch and HR image, z_HR.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: ``(N, C, H/s, W/s)``, the others r times as large.
        """
        z_sr, z_lr, *_ = self.extract_feat(batch_inputs)
        maps = {'z_LR': z_lr, 'z_SR': z_sr}
        if self.hr_branch is not None and hr_inputs is not None:
            maps['z_HR'] = self.hr_branch(hr_inputs)[0]
        return maps

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
        z_sr = self.generator(batch_inputs, skip, pyramid[0])
        losses = self._detection_losses((z_sr, *pyramid), batch_data_samples)
        samples = self._sample_rois(z_sr, batch_data_samples)
        z_hr = targets = None
        if self._needs_target():
            targets = self.hr_branch(require_hr_inputs(hr_inputs))
            z_hr = targets[0]
        if self._reconstructs():
            z_rec = z_sr
            if not self._trusts_target():
                # Of G alone: through its inputs these terms would pull backbone
                # and neck towards features of objects at r times their size.
                z_rec = self.generator(batch_inputs, skip.detach(), pyramid[0].detach())
            losses |= reconstruction_losses(self, batch_data_samples, z_rec, z_hr)
            if self.composite_loss.aligns_pyramid:
                strides = [stride for stride, _ in self.level_strides[1:]]
                losses |= alignment_losses(
                    self, batch_data_samples, pyramid, targets, strides
                )
        learns = self._discriminator_learns()
        real = self._pool_target(z_hr, samples.rois) if learns else None
        return losses, RoIPair.of(samples, real)
