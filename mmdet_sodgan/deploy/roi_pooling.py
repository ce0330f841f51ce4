"""RoIAlign over the levels of a pyramid, in operators that ONNX has."""

import torch
from mmcv.ops import RoIAlign, roi_align
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from torch import Tensor

from ..models.utils import FineLevel, PooledRoIs


class _RoIAlign(torch.autograd.Function):
    """mmcv's RoIAlign in PyTorch, RoiAlign of opset 16 in ONNX.

    mmcv's own export shifts the RoIs by half a cell for ``aligned``; from opset 16
    on the operator does that itself, unless it is told ``output_half_pixel``.
    """

    @staticmethod
    def forward(ctx, feat, rois, size, spatial_scale, sampling_ratio, aligned):
        return roi_align(
            feat, rois, size, spatial_scale, sampling_ratio, 'avg', aligned
        )

    @staticmethod
    def symbolic(g, feat, rois, size, spatial_scale, sampling_ratio, aligned):
        first, rest = (
            g.op('Constant', value_t=torch.tensor(columns))
            for columns in (0, [1, 2, 3, 4])
        )
        images = g.op('Gather', rois, first, axis_i=1)
        return g.op(
            'RoiAlign',
            feat,
            g.op('Gather', rois, rest, axis_i=1),
            g.op('Cast', images, to_i=torch.onnx.TensorProtoDataType.INT64),
            coordinate_transformation_mode_s=(
                'half_pixel' if aligned else 'output_half_pixel'
            ),
            mode_s='avg',
            output_height_i=size[0],
            output_width_i=size[1],
            sampling_ratio_i=sampling_ratio,
            spatial_scale_f=spatial_scale,
        )


def pool_levels(
    extractor: SingleRoIExtractor, feats: tuple[FineLevel | Tensor, ...], rois: Tensor
) -> PooledRoIs | Tensor:
    """Pool each RoI from the level that FPN's rule gives it.

    It computes what mmdet's extractor does, whose loop over the levels asks how many
    RoIs each has.

    Args:
        extractor (SingleRoIExtractor): The RoI head's extractor.
        feats (tuple[FineLevel | Tensor, ...]): Levels ``(N, C, H_l, W_l)``, finest
            first.
        rois (Tensor): ``(n, 5)``, index of the image and x1, y1, x2, y2 in
            pixels of the network's input.

    Returns:
        PooledRoIs | Tensor: ``(n, C, k, k)``; the former where the first level is a
        FineLevel.
    """
    if len(feats) == 1:
        return _pool(extractor.roi_layers[0], feats[0], rois)
    levels = extractor.map_roi_levels(rois, len(feats))
    index = [(levels == i).nonzero().squeeze(1) for i in range(len(feats))]
    order = torch.cat(index).argsort()
    maps = [feat.map if isinstance(feat, FineLevel) else feat for feat in feats]
    pooled = [
        _pool(layer, feat, rois[i])
        for layer, feat, i in zip(extractor.roi_layers, maps, index, strict=True)
    ]
    if isinstance(feats[0], FineLevel):
        return PooledRoIs(pooled[0], torch.cat(pooled[1:]), order, feats[0].project)
    return torch.cat(pooled)[order]


def _pool(layer: RoIAlign, feat: Tensor, rois: Tensor) -> Tensor:
    return _RoIAlign.apply(
        feat,
        rois,
        layer.output_size,
        layer.spatial_scale,
        layer.sampling_ratio,
        layer.aligned,
    )
