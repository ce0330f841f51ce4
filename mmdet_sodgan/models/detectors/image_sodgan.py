"""The generator at the image.

Shapes, with ``r`` the scale factor; boxes and strides are in pixels of the HR
image (``data_preprocessor.frame='hr'``):

    LR image -> generator -> SR image         ``(N, 3, r*H, r*W)``
    SR image -> backbone -> neck -> heads -> detection losses, detections
    SR image, HR image -> L_MSE, L_TV         HR image in training only
    crops of both at the RoIs ``(m, 3, k, k)`` -> D -> L_adv, L_cls, L_reg
"""

from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from torch import Tensor

from ...structures import Features, SampledRoIs
from .image_crops import CropsPlace, crop_rois


@MODELS.register_module()
class ImageSODGAN(CropsPlace, TwoStageDetector):
    """Two-stage detector that looks at a super-resolved image.

    The target of G is the HR image itself, so there is no teacher. D compares
    crops of both images at the RoIs of the finest pyramid level.

    Args:
        detach_generator (bool): Keep the detector's losses from G, which then
            learns from the composite loss alone: with ``mse`` alone it is the
            baseline of a super-resolution network and a detector. (The
            schedule of GANScheduleHook must keep ``reconstruction`` above 0
            then: distributed training wants a gradient for every parameter.)
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``TwoStageDetector``. The generator is an :class:`ImageGenerator`; of
            the discriminator, ``in_channels`` is 3 when not given and
            ``roi_feat_size``, the side of a crop, 32; the composite loss has no
            ``align``; the data preprocessor has ``frame='hr'``.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    frame = 'hr'

    def __init__(self, *, detach_generator: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        if detach_generator and 'mse' not in self.composite_loss.terms:
            raise ValueError(
                'detach_generator is True but there is no composite_loss.mse, so '
                'nothing would teach G to restore the image; give composite_loss.mse '
                'or set detach_generator to False.'
            )
        self.detach_generator = detach_generator

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

    def _check_parts(self) -> None:
        super()._check_parts()
        if self.composite_loss.aligns_pyramid:
            raise ValueError(
                'composite_loss.align compares pyramid levels with those of a '
                'teacher, and ImageSODGAN has none: its target is the HR image; set '
                'composite_loss.align to None.'
            )

    def _student(self, images: Tensor) -> Features:
        sr = self.generator(images)
        shown = sr.detach() if self.detach_generator else sr
        return Features(self._host_levels(shown), sr)

    def _hr_features(self, hr_images: Tensor, rois: SampledRoIs) -> Features:
        return Features((), hr_images)

    def _pair(
        self, student: Features, hr: Features | None, rois: SampledRoIs
    ) -> SampledRoIs:
        size = self.discriminator.roi_feat_size
        rois = rois._replace(feats=crop_rois(student.fine, rois.rois, size))
        if hr is None:
            return rois
        return rois._replace(hr_feats=crop_rois(hr.fine, rois.rois, size))
