"""The generator on the features of small RoIs.

Shapes, with ``m`` the small RoIs, ``k`` the side of a pooled feature and ``r`` the
scale factor; RoIs are small below ``roi_head.max_small_side`` px of the LR image:

    LR image -> backbone -> neck -> P2..P6 -> RPN -> RoIs
    P2..P6 -> RoIAlign -> features ``(n, C, k, k)`` -> RoI head
        those of small RoIs, with C2's -> generator -> z_SR ``(m, C, k, k)`` -> RoI head
    HR image -> teacher -> P2..P6 -> RoIAlign of r times these RoIs -> z_HR
    P2..P5, P3..P6 of the HR image -> L_align (r = 2)
    z_SR, z_HR -> L_MSE, L_TV; D -> L_adv, L_cls, L_reg
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures import Features, SampledRoIs
from ..utils import for_roi_align, roi_masks
from .gan_mixin import GANMixin


@MODELS.register_module()
class RoISODGAN(GANMixin, TwoStageDetector):
    """Two-stage detector that reconstructs the features of small RoIs.

    Pyramid, RPN and large RoIs are the host's. D compares the reconstructed RoIs
    that the box head trains on. Data flow and shapes stand at the head of this
    module.

    Args:
        roi_head (dict): Config of a :class:`ReconstructingRoIHead`.
        gan_trains_host (bool): Whether the terms through D train, through the pooled
            features, backbone and neck too, and not G alone.
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``TwoStageDetector``. The samples of the composite loss are RoIs here,
            of which the positive ones are the foreground of L_MSE.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    def __init__(
        self, *, roi_head: dict, gan_trains_host: bool = True, **kwargs
    ) -> None:
        super().__init__(roi_head=roi_head, **kwargs)
        self.gan_trains_host = gan_trains_host
        self.skip_extractor = None
        if self.generator.skip_channels is not None:
            extractor = roi_head['bbox_roi_extractor']
            # mmdet's, for a single level, whatever the host's extractor is.
            self.skip_extractor = MODELS.build(
                dict(
                    type='SingleRoIExtractor',
                    roi_layer=extractor['roi_layer'],
                    out_channels=self.generator.skip_channels,
                    featmap_strides=extractor['featmap_strides'][:1],
                )
            )

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """Predict as the host does; small RoIs are reconstructed.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples.
            rescale (bool): Boxes in pixels of the original image, else of
                the LR image.

        Returns:
            list[DetDataSample]: The samples with ``pred_instances``.
        """
        student = self._student(batch_inputs)
        with self._reconstructing(student):
            return super().predict(student.levels, batch_data_samples, rescale)

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: list[DetDataSample]
    ) -> tuple:
        student = self._student(batch_inputs)
        with self._reconstructing(student):
            return super()._forward(student.levels, batch_data_samples)

    @contextmanager
    def _reconstructing(self, student: Features) -> Iterator[None]:
        """Lend the RoI head the generator and this batch's low-level features."""
        with self.roi_head.reconstructing(partial(self._reconstruct, *student.inputs)):
            yield

    def _reconstruct(self, skip: Tensor, feats: Tensor, rois: Tensor) -> Tensor:
        """Pooled features ``(m, C, k, k)`` of the LR image to z_SR."""
        if self.skip_extractor is not None:
            skip = self.skip_extractor((for_roi_align(skip),), rois)
        return self.generator(feats, skip)

    def _ask_for_samples(self) -> None:
        if not hasattr(self.roi_head, 'reconstructing'):
            raise ValueError(
                f'model.roi_head.type is {type(self.roi_head).__name__}; RoISODGAN '
                'reconstructs the features of small RoIs, so set it to '
                "'ReconstructingRoIHead'."
            )
        super()._ask_for_samples()

    def _generator_defaults(self, neck: dict | None) -> dict:
        return self._host_channels(neck)

    def _check_parts(self) -> None:
        super()._check_parts()
        if self.teacher is not None:
            self.teacher.check_roi_head(self.roi_head)

    def _student(self, images: Tensor) -> Features:
        skip, pyramid = self._host_features(images)
        return Features(pyramid, inputs=(skip,))

    def _detection_losses(
        self, student: Features, data_samples: list[DetDataSample]
    ) -> tuple[dict[str, Tensor], SampledRoIs]:
        with self._reconstructing(student):
            return super()._detection_losses(student, data_samples)

    @torch.no_grad()
    def _hr_features(self, hr_images: Tensor, rois: SampledRoIs) -> Features:
        levels = self.teacher(hr_images)
        scale = rois.rois.new_tensor([1.0] + 4 * [self.data_preprocessor.scale_factor])
        return Features(levels, self.roi_head.pool(levels, rois.rois * scale))

    def _compared(self, student: Features, rois: SampledRoIs) -> Tensor:
        trusts = self._trusts_teacher()
        return rois.feats if trusts else self._by_generator_alone(student, rois)

    def _pair(
        self, student: Features, hr: Features | None, rois: SampledRoIs
    ) -> SampledRoIs:
        if not self.gan_trains_host:
            rois = rois._replace(feats=self._by_generator_alone(student, rois))
        return super()._pair(student, hr, rois)

    def _by_generator_alone(self, student: Features, rois: SampledRoIs) -> Tensor:
        """z_SR with a graph to G alone; see PyramidPlace."""
        with torch.no_grad():
            feats = self.roi_head.pool(student.levels, rois.rois)
        return self._reconstruct(student.inputs[0].detach(), feats, rois.rois)

    def _masks(
        self, sr: Tensor, rois: SampledRoIs, data_samples: list[DetDataSample]
    ) -> tuple[Tensor, Tensor]:
        return roi_masks(sr, rois.positive)

    def _ordinary_levels(
        self, student: Features
    ) -> tuple[Sequence[Tensor], Sequence[int]]:
        return student.levels, self.roi_head.first_extractor.featmap_strides
