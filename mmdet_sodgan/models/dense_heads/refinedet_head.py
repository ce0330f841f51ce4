import torch
from mmdet.models.utils import multi_apply
from mmdet.registry import MODELS
from mmengine.structures import InstanceData
from torch import Tensor

from .predicting_ssd_head import PredictingSSDHead


@MODELS.register_module()
class RefineDetHead(PredictingSSDHead):
    """Two heads of SSD, of which the first moves and filters the anchors.

    The first (anchor refinement module) tells objects from background and moves the
    anchors; the second (object detection module) starts from the moved anchors and
    tells the classes. What the first is sure is background takes no part in the
    second, neither in training nor in prediction; of an image of nothing else the
    likeliest anchor stays, which the paper leaves open.

    Source: Zhang et al., RefineDet, CVPR 2018, section 3.

    Args:
        theta (float): Above this probability of background an anchor is left out.
        **kwargs: Arguments of mmdet's ``SSDHead``, by name, for both.
    """

    def __init__(self, theta: float = 0.99, **kwargs) -> None:
        super().__init__(**kwargs)
        self.theta = theta
        # By this name mmdet's NumClassCheckHook, which SSD's configs have, knows a
        # head of objects instead of classes.
        self.rpn_head = PredictingSSDHead(**kwargs | dict(num_classes=1))

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], ...]:
        """Scores and deltas of both heads.

        Args:
            x (tuple[Tensor]): Levels ``(N, C_l, H_l, W_l)`` of the first, then as
                many of the second.

        Returns:
            tuple[list[Tensor], ...]: For each level scores ``(N, A * 2, H_l, W_l)``
            and deltas ``(N, A * 4, H_l, W_l)`` of the first, then scores
            ``(N, A * (K + 1), H_l, W_l)`` of K classes and deltas of the second.
        """
        half = len(x) // 2
        return (*self.rpn_head(x[:half]), *super().forward(x[half:]))

    def refine(
        self, scores: list[Tensor], deltas: list[Tensor]
    ) -> tuple[list[Tensor], Tensor]:
        """Move and filter the anchors.

        Args:
            scores (list[Tensor]): Of the first head, see :meth:`forward`.
            deltas (list[Tensor]): Likewise.

        Returns:
            tuple[list[Tensor], Tensor]: Anchors ``(n, 4)`` of each image in px of the
            input, and which of them to keep, ``(N, n)``. No gradient goes back.
        """
        sizes = [level.shape[-2:] for level in scores]
        priors = torch.cat(
            self.prior_generator.grid_priors(
                sizes, dtype=deltas[0].dtype, device=deltas[0].device
            )
        )
        # The background is the last class.
        background = flat(scores, 2).detach().softmax(-1)[..., 1]
        kept = background <= self.theta
        kept |= background == background.amin(1, keepdim=True)
        moved = flat(deltas, 4).detach()
        return [self.bbox_coder.decode(priors, each) for each in moved], kept

    def loss_by_feat(
        self,
        arm_scores: list[Tensor],
        arm_deltas: list[Tensor],
        scores: list[Tensor],
        deltas: list[Tensor],
        batch_gt_instances: list[InstanceData],
        batch_img_metas: list[dict],
        batch_gt_instances_ignore: list[InstanceData] | None = None,
    ) -> dict[str, list[Tensor]]:
        """Compute the losses of both heads, equation 1 of the paper.

        Args:
            arm_scores (list[Tensor]): See :meth:`forward`.
            arm_deltas (list[Tensor]): Likewise.
            scores (list[Tensor]): Likewise.
            deltas (list[Tensor]): Likewise.
            batch_gt_instances (list[InstanceData]): Ground truth of each image.
            batch_img_metas (list[dict]): Meta information of each image.
            batch_gt_instances_ignore (list[InstanceData] | None): Boxes to leave out.

        Returns:
            dict[str, list[Tensor]]: ``loss_cls`` and ``loss_bbox`` of each image, and
            those of the first head by the same names behind ``arm_``.
        """
        objects = [
            InstanceData(bboxes=x.bboxes, labels=torch.zeros_like(x.labels))
            for x in batch_gt_instances
        ]
        first = self.rpn_head.loss_by_feat(
            arm_scores, arm_deltas, objects, batch_img_metas, batch_gt_instances_ignore
        )
        anchors, kept = self.refine(arm_scores, arm_deltas)
        *targets, _, _, samples = multi_apply(
            self._get_targets_single,
            anchors,
            kept,
            batch_gt_instances,
            batch_img_metas,
            batch_gt_instances_ignore or [None] * len(anchors),
        )
        loss_cls, loss_bbox = multi_apply(
            self.loss_by_feat_single,
            flat(scores, self.cls_out_channels),
            flat(deltas, 4),
            anchors,
            *targets,
            avg_factor=sum(sample.avg_factor for sample in samples),
        )
        losses = {f'arm_{name}': value for name, value in first.items()}
        return losses | dict(loss_cls=loss_cls, loss_bbox=loss_bbox)

    def predict_by_feat(
        self,
        arm_scores: list[Tensor],
        arm_deltas: list[Tensor],
        scores: list[Tensor],
        deltas: list[Tensor],
        batch_img_metas: list[dict],
        **kwargs,
    ) -> list[InstanceData]:
        """Detect from the anchors that were kept; ``nms_pre`` counts all levels.

        Args:
            arm_scores (list[Tensor]): See :meth:`forward`.
            arm_deltas (list[Tensor]): Likewise.
            scores (list[Tensor]): Likewise.
            deltas (list[Tensor]): Likewise.
            batch_img_metas (list[dict]): Meta information of each image.
            **kwargs: ``cfg``, ``rescale`` and ``with_nms`` as of mmdet's heads.

        Returns:
            list[InstanceData]: ``bboxes`` ``(m, 4)`` in px, ``scores`` and ``labels``
            ``(m,)`` of each image.
        """
        # An image's anchors are one level of as many rows.
        rows = zip(
            flat(scores, self.cls_out_channels),
            flat(deltas, 4),
            *self.refine(arm_scores, arm_deltas),
            batch_img_metas,
            strict=True,
        )
        kwargs.setdefault('cfg', None)
        return [
            self._predict_by_feat_single(
                [score[keep].t()[..., None]],
                [delta[keep].t()[..., None]],
                [None],
                [anchors[keep]],
                meta,
                **kwargs,
            )
            for score, delta, anchors, keep, meta in rows
        ]


def flat(maps: list[Tensor], width: int) -> Tensor:
    """Join levels ``(N, A * width, H_l, W_l)`` to ``(N, n, width)``."""
    parts = (x.permute(0, 2, 3, 1).reshape(len(x), -1, width) for x in maps)
    return torch.cat([*parts], 1)
