import torch
import torch.nn as nn
from mmdet.models.dense_heads import CornerHead
from mmdet.models.utils import (
    get_local_maximum,
    get_topk_from_heatmap,
    transpose_and_gather_feat,
)
from mmdet.registry import MODELS
from mmengine.model import bias_init_with_prob
from mmengine.structures import InstanceData
from torch import Tensor

from ..utils import CascadeCornerPool, CenterPool


@MODELS.register_module()
class KeypointTripletHead(CornerHead):
    """CornerNet's head with a third keypoint, the center, which confirms a box.

    A box of two corners stays where a center of its class lies in its central
    region, and gets the mean score of the three points.

    Source: Duan et al., CenterNet: Keypoint Triplets for Object Detection, ICCV 2019.

    Its arguments are those of mmdet's ``CornerHead``; ``corner_topk`` of ``test_cfg``
    is also the number of centers.
    """

    def _init_corner_kpt_layers(self) -> None:
        super()._init_corner_kpt_layers()
        width, levels = self.in_channels, range(self.num_feat_levels)
        self.tl_pool, self.br_pool = (
            nn.ModuleList(CascadeCornerPool(width, directions) for _ in levels)
            for directions in (['top', 'left'], ['bottom', 'right'])
        )
        self.ct_pool = nn.ModuleList(CenterPool(width) for _ in levels)
        self.ct_heat, self.ct_off = (
            nn.ModuleList(self._make_layers(channels, width) for _ in levels)
            for channels in (self.num_classes, self.corner_offset_channels)
        )

    def init_weights(self) -> None:
        """Draw the layers of the centers as mmdet does those of the corners."""
        super().init_weights()
        for layers in (*self.ct_heat, *self.ct_off):
            layers[-1].conv.reset_parameters()
        for layers in self.ct_heat:
            nn.init.constant_(layers[-1].conv.bias, bias_init_with_prob(0.1))

    def forward_single(self, x: Tensor, lvl_ind: int) -> list[Tensor]:
        """Predict the maps of the corners and those of the centers.

        Args:
            x (Tensor): Features ``(N, C, H, W)`` of one stack of the backbone.
            lvl_ind (int): Number of that stack.

        Returns:
            list[Tensor]: The six of ``CornerHead``, then the centers' heatmap
            ``(N, K, H, W)`` of K classes, before the sigmoid, and offsets
            ``(N, 2, H, W)`` in cells.
        """
        pooled = self.ct_pool[lvl_ind](x)
        heat, off = self.ct_heat[lvl_ind](pooled), self.ct_off[lvl_ind](pooled)
        return [*super().forward_single(x, lvl_ind), heat, off]

    def loss_by_feat(self, *args) -> dict[str, list[Tensor]]:
        """Compute the losses of corners and centers, equation 2 of the paper.

        Args:
            *args: What ``forward`` returned, then the arguments of the method in
                ``CornerHead``: ground truth, meta information and ignored boxes.

        Returns:
            dict[str, list[Tensor]]: The corners' losses and ``ct_det_loss`` and
            ``ct_off_loss``, one number a stack.
        """
        *corners, heats, offs, instances, metas, ignored = args
        losses = super().loss_by_feat(*corners, instances, metas, ignored)
        # Moved by half its size, a box has its top left corner at its center.
        halves = [(x.bboxes[:, 2:] - x.bboxes[:, :2]) / 2 for x in instances]
        targets = self.get_targets(
            [x.bboxes + h.repeat(1, 2) for x, h in zip(instances, halves, strict=True)],
            [x.labels for x in instances],
            heats[-1].shape,
            metas[0]['batch_input_shape'],
        )
        heat, off = targets['topleft_heatmap'], targets['topleft_offset']
        found = heat.eq(1)
        count = found.sum().clamp(min=1)
        mask = found.any(1, keepdim=True).type_as(heat)
        # The three points weigh the same, and mmdet takes half of each corner's loss.
        losses['ct_det_loss'] = [
            self.loss_heatmap(x.sigmoid(), heat, avg_factor=count) / 2 for x in heats
        ]
        losses['ct_off_loss'] = [
            self.loss_offset(x, off, mask, avg_factor=mask.sum().clamp(min=1)) / 2
            for x in offs
        ]
        return losses

    def predict_by_feat(
        self,
        *maps: list[Tensor],
        batch_img_metas: list[dict],
        rescale: bool = False,
        with_nms: bool = True,
    ) -> list[InstanceData]:
        """Pair corners, and keep what a center confirms.

        Args:
            *maps (list[Tensor]): What ``forward`` returned.
            batch_img_metas (list[dict]): Meta information of each image.
            rescale (bool): Give boxes in px of the original image, not of the input.
            with_nms (bool): Suppress what overlaps.

        Returns:
            list[InstanceData]: ``bboxes`` ``(n, 4)`` in px, ``scores`` and ``labels``
            ``(n,)`` of each image.
        """
        *corners, heats, offs = maps
        pairs = super().predict_by_feat(
            *corners, batch_img_metas=batch_img_metas, with_nms=False
        )
        return [
            self._finish(
                self._confirm(pair, heats[-1][i : i + 1], offs[-1][i : i + 1], meta),
                meta,
                rescale,
                with_nms,
            )
            for i, (pair, meta) in enumerate(zip(pairs, batch_img_metas, strict=True))
        ]

    def _confirm(
        self, pairs: InstanceData, heat: Tensor, off: Tensor, meta: dict
    ) -> InstanceData:
        """Keep the boxes with a center of their class, and score them anew."""
        heat = get_local_maximum(heat.sigmoid(), self.test_cfg.local_maximum_kernel)
        (scores,), inds, (labels,), ys, xs = get_topk_from_heatmap(
            heat, k=self.test_cfg.corner_topk
        )
        cells = (torch.stack((xs, ys), -1) + transpose_and_gather_feat(off, inds))[0]
        sides = zip(meta['batch_input_shape'], heat.shape[-2:], strict=True)
        stride = cells.new_tensor([side / cells_ for side, cells_ in sides]).flip(0)
        top, _, left, _ = meta.get('border', (0, 0, 0, 0))
        points = cells * stride - cells.new_tensor([left, top])
        lower, upper = central_region(pairs.bboxes)[:, None].split(2, dim=-1)
        inside = ((lower <= points) & (points <= upper)).all(-1)
        inside &= pairs.labels[:, None] == labels
        confirmed = inside.any(1)
        best = torch.where(inside, scores, 0).amax(1)
        kept = pairs[confirmed]
        kept.scores = (2 * kept.scores + best[confirmed]) / 3
        return kept

    def _finish(
        self, found: InstanceData, meta: dict, rescale: bool, with_nms: bool
    ) -> InstanceData:
        """Scale the boxes of an image, and suppress what overlaps."""
        if rescale and 'scale_factor' in meta:
            found.bboxes /= found.bboxes.new_tensor(meta['scale_factor']).repeat(2)
        if not with_nms:
            return found
        boxes = torch.cat((found.bboxes, found.scores[:, None]), -1)
        boxes, labels = self._bboxes_nms(boxes, found.labels, self.test_cfg)
        return InstanceData(bboxes=boxes[:, :4], scores=boxes[:, 4], labels=labels)


def central_region(boxes: Tensor) -> Tensor:
    """Find the part of boxes where a center confirms them, equation 1 of the paper.

    Args:
        boxes (Tensor): ``(n, 4)``, corners in px.

    Returns:
        Tensor: ``(n, 4)``, the middle third of each side, of boxes above 150 px (the
        root of their area) the middle fifth.
    """
    first, last = boxes.split(2, dim=-1)
    large = (last - first).prod(-1, keepdim=True) > 150**2
    n = torch.where(large, 5, 3)
    corners = (n + 1) * first + (n - 1) * last, (n - 1) * first + (n + 1) * last
    return torch.cat(corners, -1) / (2 * n)
