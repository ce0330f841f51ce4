import torch
import torch.nn as nn
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.structures.bbox import bbox2roi, get_box_tensor
from torch import Tensor

from ...structures import SampledRoIs
from ...utils.deprecation import take_renamed
from ..utils import (
    FineLevel,
    as_features,
    check_level_strides,
    for_roi_align,
    pool_rois,
)
from .roi_extractors import FineLevelRoIExtractor


class SampledRoIsMixin:
    """Lets a RoI head return the RoIs that it samples for its own losses.

    Goes before any RoI head of mmdet. D sees those RoIs that the extractor takes
    from the reconstructed level, the only ones for which that level is ever
    read. Of a cascade it sees the first stage's, those of the RPN.

    Args:
        num_sampled_rois (int, optional): At most so many RoIs an image go to D;
            positives come first. 128 by default.
        **kwargs: Arguments of the RoI head.

    Attributes:
        returns_samples (bool): Whether :meth:`loss` adds ``sampled_rois`` to what
            it returns. A detector with a GAN switches it on; mmdet's own detectors
            would take the record for a loss.
    """

    def __init__(self, *args, num_sampled_rois: int | None = None, **kwargs) -> None:
        given = dict(num_sampled_rois=num_sampled_rois)
        kwargs = take_renamed(kwargs, given, num_judged_rois='num_sampled_rois')
        num_sampled_rois = kwargs.pop('num_sampled_rois', 128)
        super().__init__(*args, **kwargs)
        self.num_sampled_rois = num_sampled_rois
        self.returns_samples = False

    @property
    def first_bbox_head(self) -> nn.Module:
        """Box head whose RoIs D sees."""
        return _first(self.bbox_head)

    @property
    def first_extractor(self) -> nn.Module:
        """RoI extractor whose RoIs D sees."""
        return _first(self.bbox_roi_extractor)

    @property
    def max_small_side(self) -> float:
        """RoIs with ``sqrt(w * h)`` below it are pooled from the finest level.

        In pixels of the image that the detector finds boxes in.
        """
        return 2 * self.first_extractor.finest_scale

    def discriminator_defaults(self) -> dict:
        """What D sees, which is what the box head sees.

        Returns:
            dict: ``num_classes``, ``in_channels``, ``roi_feat_size``.
        """
        head = self.first_bbox_head
        return dict(
            num_classes=head.num_classes,
            in_channels=head.in_channels,
            roi_feat_size=head.roi_feat_size[0],
        )

    def check_levels(
        self, out_stride: int, in_stride: int, narrow: bool = False
    ) -> None:
        """Refuse extractors that would read other levels than they believe.

        Args:
            out_stride (int): Of the reconstructed level, in pixels of the LR image.
            in_stride (int): Of the pyramid's finest level, likewise.
            narrow (bool): Whether the reconstructed level is a :class:`FineLevel`.

        Raises:
            ValueError: Strides that do not follow from these, or an extractor that
                cannot read the reconstructed level; names the key.
        """
        for name in ('bbox_roi_extractor', 'mask_roi_extractor'):
            found = getattr(self, name, None)
            # A cascade has one a stage.
            for extractor in found if isinstance(found, nn.ModuleList) else [found]:
                if extractor is None:
                    continue
                if narrow and not isinstance(extractor, FineLevelRoIExtractor):
                    raise ValueError(
                        f'roi_head.{name} is a {type(extractor).__name__}; '
                        'NarrowPyramidGenerator and FineLevelRoIExtractor go together.'
                    )
                check_level_strides(
                    f'roi_head.{name}.featmap_strides',
                    extractor.featmap_strides,
                    out_stride=out_stride,
                    in_stride=in_stride,
                )

    def loss(self, x: tuple[Tensor, ...], *args, **kwargs) -> dict:
        """The host's losses and, where asked for, the RoIs that they are of.

        Args:
            x (tuple[Tensor]): Levels ``(N, C, H_l, W_l)`` of any type and layout.
            *args: Arguments of mmdet's RoI heads.
            **kwargs: Likewise.

        Returns:
            dict: Scalar losses; ``sampled_rois``, a :class:`SampledRoIs`.
        """
        losses = super().loss(_prepare(x), *args, **kwargs)
        # A cascade puts the stage in front of every name.
        for name in ('sampled_rois', 's0.sampled_rois'):
            if name in losses:
                losses['sampled_rois'] = losses.pop(name)
        return losses

    def bbox_loss(self, *args) -> dict:
        """Losses of the box head, with the RoIs beside them where asked for.

        Args:
            *args: Those of mmdet's RoI heads: in a cascade the stage, then the
                levels ``(N, C, H_l, W_l)`` and a ``SamplingResult`` an image.

        Returns:
            dict: What the host's method returns.
        """
        results = super().bbox_loss(*args)
        *stage, x, sampled = args
        if self.returns_samples and stage in ([], [0]):
            feats = as_features(results['bbox_feats'])
            results['loss_bbox']['sampled_rois'] = self._select(sampled, feats, len(x))
        return results

    def predict(self, x: tuple[Tensor, ...], *args, **kwargs) -> list:
        """Predict as the host does.

        Args:
            x (tuple[Tensor]): Levels ``(N, C, H_l, W_l)`` of any type and layout.
            *args: Arguments of mmdet's RoI heads.
            **kwargs: Likewise.

        Returns:
            list[InstanceData]: One an image.
        """
        return super().predict(_prepare(x), *args, **kwargs)

    @torch.no_grad()
    def pool_hr(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        """Pool RoIs from z_HR in the way in which the box head's were.

        Args:
            z_hr (Tensor): ``(N, C, H, W)``, on the grid of z_SR.
            rois (Tensor): ``(m, 5)`` in pixels of the LR image.

        Returns:
            Tensor: ``(m, C', k, k)``, without gradient.
        """
        feats = pool_rois(self.first_extractor.roi_layers[0], z_hr, rois)
        return self.shared_head(feats) if self.with_shared_head else feats

    def _is_small(self, rois: Tensor, num_levels: int) -> Tensor:
        """Which RoIs are pooled from the reconstructed level, bool ``(n,)``.

        Args:
            rois (Tensor): ``(n, 5)``.
            num_levels (int): Levels that the extractor chooses from.
        """
        return self.first_extractor.map_roi_levels(rois, num_levels) == 0

    def _select(
        self, results: list[SamplingResult], feats: Tensor, num_levels: int
    ) -> SampledRoIs:
        """Keep the RoIs that D sees.

        Args:
            results (list[SamplingResult]): One an image.
            feats (Tensor): Features of all RoIs, ``(n, C', k, k)``, in the
                order of ``results``.
            num_levels (int): Levels that the extractor chooses from.
        """
        head = self.first_bbox_head
        # SamplingResult.priors are the positives, then the negatives.
        boxes = [get_box_tensor(result.priors) for result in results]
        rois = bbox2roi(boxes)
        labels = feats.new_full((len(rois),), head.num_classes).long()
        targets = feats.new_zeros((len(rois), 4))
        small = self._is_small(rois, num_levels)
        keep, start = [], 0
        for result, box in zip(results, boxes, strict=True):
            stop, positive = start + len(box), start + len(result.pos_priors)
            if positive > start:
                labels[start:positive] = result.pos_gt_labels
                targets[start:positive] = head.bbox_coder.encode(
                    result.pos_priors, result.pos_gt_bboxes
                )
            found = small[start:stop].nonzero().squeeze(1) + start
            keep.append(found[: self.num_sampled_rois])
            start = stop
        positive = labels < head.num_classes
        return SampledRoIs(feats, rois, labels, targets, positive).where(
            torch.cat(keep)
        )


def _prepare(levels: tuple[FineLevel | Tensor, ...]) -> tuple:
    # A FineLevel sees to it itself.
    return tuple(x if isinstance(x, FineLevel) else for_roi_align(x) for x in levels)


def _first(part: nn.Module) -> nn.Module:
    return part[0] if isinstance(part, nn.ModuleList) else part
