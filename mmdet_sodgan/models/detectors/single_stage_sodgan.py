import torch.nn as nn
from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures import Features, SampledRoIs
from ...utils.deprecation import take_renamed
from .pyramid_place import PyramidPlace


@MODELS.register_module()
class SingleStageSODGAN(PyramidPlace, SingleStageDetector):
    """Single-stage detector with anchors (RetinaNet) and the reconstructed level.

    There is no RoI head, so D compares small ground-truth boxes. Data flow and
    shapes stand at the head of :mod:`.pyramid_place`.

    Args:
        roi_sampler (dict, optional): Config of :class:`GroundTruthRoIs`;
            ``stride`` and ``num_classes`` are taken from generator and head.
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``SingleStageDetector``.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    anchor_head = 'bbox_head'

    def __init__(
        self,
        *,
        discriminator: dict | None = None,
        roi_sampler: dict | None = None,
        **kwargs,
    ) -> None:
        given = dict(roi_sampler=roi_sampler)
        kwargs = take_renamed(kwargs, given, judged_rois='roi_sampler')
        roi_sampler = take_renamed(
            kwargs.pop('roi_sampler', None) or {},
            {},
            max_side='max_small_side',
            num_judged_rois='num_sampled_rois',
        )
        if 'roi_feat_size' in roi_sampler:
            size = roi_sampler['roi_feat_size']
            discriminator = dict(roi_feat_size=size) | (discriminator or {})
        super().__init__(discriminator=discriminator, **kwargs)
        self.roi_sampler = MODELS.build(
            dict(
                type='GroundTruthRoIs',
                stride=self.generator.out_stride,
                num_classes=self.bbox_head.num_classes,
            )
            | roi_sampler
        )

    @property
    def sampler(self) -> nn.Module:
        """Part that samples the RoIs which D compares."""
        return self.roi_sampler

    def _ask_for_samples(self) -> None:
        """There is no RoI head to ask."""

    def _discriminator_defaults(self) -> dict:
        head = self.bbox_head
        return dict(num_classes=head.num_classes, in_channels=head.in_channels)

    def _detection_losses(
        self, student: Features, data_samples: list[DetDataSample]
    ) -> tuple[dict[str, Tensor], SampledRoIs]:
        losses = self._host_losses(student.levels, data_samples)
        return losses, self.roi_sampler.sample(student.fine, data_samples)
