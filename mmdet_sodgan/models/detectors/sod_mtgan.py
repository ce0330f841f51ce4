"""SOD-MTGAN (Bai et al., ECCV 2018).

Shapes, with ``r`` the scale factor and ``m`` small RoIs; boxes are in pixels of the
LR image:

    LR image -> base detector -> its losses; detections
    LR image, RoIs -> patches ``(m, 3, k/r, k/r)`` -> generator -> ``(m, 3, k, k)``
    HR image, RoIs -> patches ``(m, 3, k, k)``    training only
    patches of both -> L_MSE; D -> L_adv, L_cls, L_reg
    super-resolved patches -> D -> classes and boxes of the small detections
"""

import copy

from mmdet.models.detectors import TwoStageDetector
from mmdet.models.layers import multiclass_nms
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi, scale_boxes
from mmengine.structures import InstanceData
from torch import Tensor

from ..utils import RoIPair, RoISamples, clip_boxes, full_precision
from .feature_supervision import roi_reconstruction_losses
from .gan_mixin import GANMixin
from .image_crops import crop_rois
from .part_checks import (
    check_preprocessor,
    check_roi_head,
    check_scale_factors,
    require_hr_inputs,
)


@MODELS.register_module()
class SODMTGAN(GANMixin, TwoStageDetector):
    """A base detector, and a GAN on image patches that judges small objects anew.

    G super-resolves the patches of small RoIs. D tells super-resolved from real
    ones and is the second classifier and regressor: what it says of a small
    detection replaces the base detector's class scores and box. The base
    detector's own losses do not depend on G and D.

    Args:
        generator (dict): Config of an :class:`ImageGenerator`;
            ``scale_factor`` is taken from the data preprocessor.
        discriminator (dict): Config of the discriminator. ``num_classes`` is the
            box head's when not given, ``in_channels`` 3 and ``roi_feat_size``,
            the side ``k`` of a patch, 32.
        roi_head (dict): Config of a :class:`SODGANRoIHead` without mask head.
        composite_loss (dict): Config of :class:`CompositeLoss` with ``mse``,
            ``cls`` and ``reg``, without ``align``. The foreground of ``mse`` are
            the patches of positive RoIs.
        max_side (float): RoIs with ``sqrt(w * h)`` below it are small, in pixels
            of the LR image.
        **kwargs: Arguments of mmdet's ``TwoStageDetector``; its
            ``data_preprocessor`` must be a
            :class:`PairedResolutionPreprocessor`.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    #: D is the classifier of small objects.
    training_only = ()

    def __init__(
        self,
        *,
        generator: dict,
        discriminator: dict,
        roi_head: dict,
        composite_loss: dict,
        max_side: float = 32.0,
        **kwargs,
    ) -> None:
        # The base class edits the config that it is given.
        super().__init__(roi_head=copy.deepcopy(roi_head), **kwargs)
        check_preprocessor(self.data_preprocessor)
        check_roi_head(self.roi_head)
        r = self.data_preprocessor.scale_factor
        self.generator = MODELS.build(dict(scale_factor=r) | generator)
        check_scale_factors(self)
        judged = self.roi_head.describe_judged()
        judged |= dict(in_channels=3, roi_feat_size=32)
        self._build_gan(judged, composite_loss, discriminator)
        self.max_side = max_side
        self._check_terms()
        self.patch_size = self.discriminator.roi_feat_size
        if self.patch_size % r:
            raise ValueError(
                f'discriminator.roi_feat_size is {self.patch_size}, which scale_factor '
                f'{r} does not divide; make it a multiple.'
            )

    def _check_terms(self) -> None:
        terms = self.composite_loss.terms
        if not {'mse', 'cls', 'reg'} <= terms.keys() or 'align' in terms:
            raise ValueError(
                f'composite_loss has the terms {sorted(terms)}; SODMTGAN needs mse, by '
                'which G learns before D has, and cls and reg, as D classifies and '
                'moves the small detections, and has no levels to align.'
            )
        if self.roi_head.with_mask:
            raise ValueError(
                'roi_head.mask_head is given, but SODMTGAN replaces boxes after the '
                'masks are made; set roi_head.mask_head to None.'
            )

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
            tuple[dict[str, Tensor], RoIPair]: The base detector's losses and
            those of reconstruction; patches ``(m, 3, k, k)`` for the
            discriminator.

        Raises:
            ValueError: A term needs the HR image and there is none.
        """
        losses = self._detection_losses(batch_inputs, batch_data_samples)
        samples = self.roi_head.pop_samples()
        small = self._is_small(samples.rois[:, 1:])
        samples = RoISamples(*(values[small] for values in samples))
        sr = self._super_resolve(batch_inputs, samples.rois)
        hr = None
        if self._needs_target():
            rois = samples.rois.clone()
            rois[:, 1:] *= self.generator.scale_factor
            hr = crop_rois(require_hr_inputs(hr_inputs), rois, self.patch_size)
        if self._reconstructs():
            losses |= roi_reconstruction_losses(self, sr, hr, samples.positive)
        real = hr if self._discriminator_learns() else None
        return losses, RoIPair.of(samples._replace(feats=sr), real)

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """The base detector's detections, the small ones as D judges them.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, with
                ``scale_factor`` and ``ori_shape`` in their meta where
                ``rescale``.
            rescale (bool): Boxes in pixels of the original image, else of
                the LR image.

        Returns:
            list[DetDataSample]: The samples with ``pred_instances``.
        """
        samples = super().predict(batch_inputs, batch_data_samples, rescale=False)
        for i, sample in enumerate(samples):
            found = self._judge(
                batch_inputs[i : i + 1], sample.pred_instances, sample.img_shape
            )
            if rescale:
                factors = [1 / x for x in sample.scale_factor]
                found.bboxes = scale_boxes(found.bboxes, factors)
                clip_boxes(found.bboxes, sample.ori_shape)
            sample.pred_instances = found
        return samples

    def _judge(
        self, image: Tensor, found: InstanceData, img_shape: tuple[int, int]
    ) -> InstanceData:
        """Let D classify and move the small detections of one image, then NMS.

        Args:
            image (Tensor): LR image ``(1, 3, H, W)``.
            found (InstanceData): n detections of the base detector, LR frame.
            img_shape (tuple[int, int]): Height and width of the LR image.
        """
        head, cfg = self.roi_head.bbox_head, self.roi_head.test_cfg
        boxes = found.bboxes.clone()
        scores = boxes.new_zeros(len(boxes), head.num_classes + 1)
        scores.scatter_(1, found.labels[:, None], found.scores[:, None])
        small = self._is_small(boxes)
        patches = self._super_resolve(image, bbox2roi([boxes[small]]))
        judged = self.discriminator(patches)
        scores[small] = full_precision(judged.cls_logits).softmax(1)
        boxes[small] = head.bbox_coder.decode(
            boxes[small], full_precision(judged.deltas), max_shape=img_shape
        )
        boxes, labels = multiclass_nms(
            boxes, scores, cfg.score_thr, cfg.nms, cfg.max_per_img
        )
        return InstanceData(bboxes=boxes[:, :4], scores=boxes[:, 4], labels=labels)

    def _super_resolve(self, images: Tensor, rois: Tensor) -> Tensor:
        """Patches ``(m, 3, k, k)`` from LR images ``(N, 3, H, W)``."""
        size = self.patch_size // self.generator.scale_factor
        return self.generator(crop_rois(images, rois, size))

    def _is_small(self, boxes: Tensor) -> Tensor:
        """Bool ``(n,)`` of boxes ``(n, 4)`` in pixels of the LR image."""
        sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
        return sides.prod(1).sqrt() < self.max_side
