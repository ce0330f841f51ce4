"""SOD-MTGAN (Bai et al., ECCV 2018).

Shapes, with ``r`` the scale factor and ``m`` small RoIs; boxes are in pixels of the
LR image:

    LR image -> base detector -> its losses; detections
    LR image, RoIs -> patches ``(m, 3, k/r, k/r)`` -> generator -> ``(m, 3, k, k)``
    HR image, RoIs -> patches ``(m, 3, k, k)``    training only
    patches of both -> L_MSE; D -> L_adv, L_cls, L_reg
    super-resolved patches -> D -> classes and boxes of the small detections
"""

from mmdet.models.detectors import TwoStageDetector
from mmdet.models.layers import multiclass_nms
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi, scale_boxes
from mmengine.structures import InstanceData
from torch import Tensor

from ...structures import Features, SampledRoIs
from ...utils.deprecation import take_renamed
from ..utils import full_precision, is_small, roi_masks
from .image_crops import CropsPlace, crop_rois
from .predict_by_size import clip_boxes


@MODELS.register_module()
class SODMTGAN(CropsPlace, TwoStageDetector):
    """A base detector, and a GAN on image patches that looks at small objects anew.

    G super-resolves the patches of small RoIs. D tells super-resolved from real
    ones and is the second classifier and regressor: what it says of a small
    detection replaces the base detector's class scores and box. The base
    detector's own losses do not depend on G and D.

    Args:
        max_small_side (float, optional): RoIs with ``sqrt(w * h)`` below it are
            small, in pixels of the LR image. 32 by default.
        **kwargs: Arguments of :class:`GANMixin` and of mmdet's
            ``TwoStageDetector``. The generator is an :class:`ImageGenerator`; of
            the discriminator, ``in_channels`` is 3 when not given and
            ``roi_feat_size``, the side ``k`` of a patch, 32; ``roi_head`` is a
            :class:`SODGANRoIHead` without mask head; the composite loss has
            ``mse``, ``cls`` and ``reg`` and no ``align``. The foreground of ``mse``
            are the patches of positive RoIs.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    #: D is the classifier of small objects.
    training_only = ()
    added_weights = ('generator.', 'discriminator.')

    def __init__(self, *, max_small_side: float | None = None, **kwargs) -> None:
        given = dict(max_small_side=max_small_side)
        kwargs = take_renamed(kwargs, given, max_side='max_small_side')
        max_small_side = kwargs.pop('max_small_side', 32.0)
        super().__init__(**kwargs)
        self.max_small_side = max_small_side
        self.patch_size = self.discriminator.roi_feat_size

    def _check_parts(self) -> None:
        super()._check_parts()
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
        size, r = self.discriminator.roi_feat_size, self.generator.scale_factor
        if size % r:
            raise ValueError(
                f'discriminator.roi_feat_size is {size}, which scale_factor {r} does '
                'not divide; make it a multiple.'
            )

    def _student(self, images: Tensor) -> Features:
        return Features(self._host_levels(images), inputs=(images,))

    def _detection_losses(
        self, student: Features, data_samples: list[DetDataSample]
    ) -> tuple[dict[str, Tensor], SampledRoIs]:
        losses, rois = super()._detection_losses(student, data_samples)
        rois = rois.where(is_small(rois.rois[:, 1:], self.max_small_side))
        return losses, rois._replace(
            feats=self._super_resolve(*student.inputs, rois.rois)
        )

    def _hr_features(self, hr_images: Tensor, rois: SampledRoIs) -> Features:
        hr_rois = rois.rois.clone()
        hr_rois[:, 1:] *= self.generator.scale_factor
        return Features((), crop_rois(hr_images, hr_rois, self.patch_size))

    def _compared(self, student: Features, rois: SampledRoIs) -> Tensor:
        return rois.feats

    def _masks(
        self, sr: Tensor, rois: SampledRoIs, data_samples: list[DetDataSample]
    ) -> tuple[Tensor, Tensor]:
        return roi_masks(sr, rois.positive)

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """The base detector's detections, the small ones as D sees them.

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
            found = self._second_look(
                batch_inputs[i : i + 1], sample.pred_instances, sample.img_shape
            )
            if rescale:
                factors = [1 / x for x in sample.scale_factor]
                found.bboxes = scale_boxes(found.bboxes, factors)
                clip_boxes(found.bboxes, sample.ori_shape)
            sample.pred_instances = found
        return samples

    def _second_look(
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
        small = is_small(boxes, self.max_small_side)
        patches = self._super_resolve(image, bbox2roi([boxes[small]]))
        seen = self.discriminator(patches)
        scores[small] = full_precision(seen.cls_logits).softmax(1)
        boxes[small] = head.bbox_coder.decode(
            boxes[small], full_precision(seen.deltas), max_shape=img_shape
        )
        boxes, labels = multiclass_nms(
            boxes, scores, cfg.score_thr, cfg.nms, cfg.max_per_img
        )
        return InstanceData(bboxes=boxes[:, :4], scores=boxes[:, 4], labels=labels)

    def _super_resolve(self, images: Tensor, rois: Tensor) -> Tensor:
        """Patches ``(m, 3, k, k)`` from LR images ``(N, 3, H, W)``."""
        size = self.patch_size // self.generator.scale_factor
        return self.generator(crop_rois(images, rois, size))
