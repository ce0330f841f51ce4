from collections.abc import Sequence

import torch
from mmdet.models.roi_heads.bbox_heads import BBoxHead
from mmdet.registry import MODELS
from mmdet.structures.bbox import bbox_overlaps
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import Tensor, nn

from ....utils.errors import AgreementError


@MODELS.register_module()
class MultiPathBBoxHead(BBoxHead):
    """A pair of layers for each region about a RoI, and a classifier for each IoU.

    Zagoruyko et al., BMVC 2016, section 3. The regions' features are joined behind
    two fully connected layers of their own. The integral loss is the mean of the
    cross-entropies of classifiers that differ in the IoU from which a proposal is of
    an object's class, so that a score says how well a box fits; their mean
    probability is predicted. Boxes are regressed once, from the same features, of all
    that is positive at the lowest of the thresholds.

    Args:
        num_regions (int): How many regions the RoI extractor gives.
        in_channels (int): Width of each.
        roi_feat_size (int): Cells along each of their sides.
        fc_out_channels (int): Width of the layers.
        iou_thresholds (Sequence[float]): Of the classifiers; the RoI head's assigner
            must have the lowest as ``pos_iou_thr``.
        **kwargs: The other arguments of mmdet's ``BBoxHead``.

    Raises:
        AgreementError: In training, if the assigner has another ``pos_iou_thr``.
    """

    def __init__(
        self,
        num_regions: int = 4,
        in_channels: int = 512,
        roi_feat_size: int = 7,
        fc_out_channels: int = 4096,
        iou_thresholds: Sequence[float] = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75),
        **kwargs,
    ) -> None:
        joined = num_regions * fc_out_channels
        super().__init__(in_channels=joined, roi_feat_size=1, **kwargs)
        self.fc_cls = nn.Linear(joined, len(iou_thresholds) * (self.num_classes + 1))
        self.iou_thresholds = iou_thresholds
        if kwargs.get('init_cfg') is None:
            towers = dict(distribution='uniform', override=dict(name='towers'))
            self.init_cfg.append(dict(type='Xavier', **towers))
        self.towers = nn.ModuleList(
            nn.Sequential(
                nn.Flatten(),
                nn.Linear(in_channels * roi_feat_size**2, fc_out_channels),
                nn.ReLU(),
                nn.Linear(fc_out_channels, fc_out_channels),
                nn.ReLU(),
            )
            for _ in range(num_regions)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Predict scores and boxes.

        Args:
            x (Tensor): ``(n, R * C, k, k)`` of R regions of each RoI.

        Returns:
            tuple[Tensor, Tensor]: Logits ``(n, T, K + 1)`` of T thresholds and K
            classes, background last, and offsets ``(n, 4 * K)``.
        """
        regions = x.chunk(len(self.towers), 1)
        towers = zip(self.towers, regions, strict=True)
        joined = torch.cat([tower(region) for tower, region in towers], 1)
        scores, boxes = super().forward(joined)
        return scores.unflatten(1, (len(self.iou_thresholds), -1)), boxes

    def _get_targets_single(
        self,
        pos_priors: Tensor,
        neg_priors: Tensor,
        pos_gt_bboxes: Tensor,
        *args,
        cfg: ConfigDict,
    ) -> tuple[Tensor, ...]:
        """Make targets, with a label for each threshold, ``(n, T)``."""
        lowest, positive = min(self.iou_thresholds), cfg.assigner.pos_iou_thr
        if lowest != positive:
            raise AgreementError(
                f'bbox_head.iou_thresholds begin at {lowest}, but '
                f'train_cfg.rcnn.assigner.pos_iou_thr is {positive}: set it to the '
                'lowest of them.'
            )
        labels, *others = super()._get_targets_single(
            pos_priors, neg_priors, pos_gt_bboxes, *args, cfg=cfg
        )
        labels = labels[:, None].repeat(1, len(self.iou_thresholds))
        ious = bbox_overlaps(pos_priors, pos_gt_bboxes, is_aligned=True)[:, None]
        # Positive ones come first; too far from its object, one is background.
        far = ious < ious.new_tensor(self.iou_thresholds)
        labels[: len(ious)].masked_fill_(far, self.num_classes)
        return labels, *others

    def loss(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor,
        rois: Tensor,
        labels: Tensor,
        label_weights: Tensor,
        *args,
        **kwargs,
    ) -> dict[str, Tensor]:
        """Compute the losses of a batch of RoIs.

        Args:
            cls_score (Tensor): Logits ``(n, T, K + 1)``.
            bbox_pred (Tensor): Offsets ``(n, 4 * K)``.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.
            labels (Tensor): ``(n, T)``, K is background.
            label_weights (Tensor): ``(n,)``.
            *args: The further arguments of mmdet's ``BBoxHead.loss``.
            **kwargs: The same.

        Returns:
            dict[str, Tensor]: ``loss_cls`` and ``loss_bbox``.
        """
        thresholds = labels.shape[1]
        # An object's class at any threshold comes before background.
        lowest = labels.amin(1)
        losses = super().loss(
            None, bbox_pred, rois, lowest, label_weights, *args, **kwargs
        )
        count = max((label_weights > 0).sum().item(), 1)
        losses['loss_cls'] = self.loss_cls(
            cls_score.flatten(0, 1),
            labels.flatten(),
            label_weights.repeat_interleave(thresholds),
            avg_factor=count * thresholds,
        )
        return losses

    def _predict_by_feat_single(
        self, roi: Tensor, cls_score: Tensor, *args, **kwargs
    ) -> InstanceData:
        """Predict by the mean probability of the classifiers."""
        # mmdet's softmax of these logarithms is the mean, as its sum is 1.
        score = cls_score.softmax(-1).mean(1).log()
        return super()._predict_by_feat_single(roi, score, *args, **kwargs)
