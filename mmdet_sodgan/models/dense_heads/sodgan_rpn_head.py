from mmdet.models.dense_heads import RPNHead
from mmdet.registry import MODELS
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import Tensor

from ..utils import full_precision


@MODELS.register_module()
class SODGANRPNHead(RPNHead):
    """RPN head for fine levels, which also proposes under bfloat16 autocast.

    The convolutions run in the precision of the context; scores and deltas
    leave in full precision, since mmcv's NMS has no bfloat16 kernel. The
    proposals are those of mmdet's RPNHead, but for the order of equal scores.
    """

    def forward_single(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Predict scores and deltas of one level in full precision.

        Args:
            x (Tensor): One level, ``(N, C, H, W)``.

        Returns:
            tuple[Tensor, Tensor]: Scores ``(N, A, H, W)`` and deltas
            ``(N, 4 * A, H, W)`` of A anchors a position, not in a half type.
        """
        scores, deltas = super().forward_single(x)
        return full_precision(scores), full_precision(deltas)

    def _predict_by_feat_single(
        self,
        cls_score_list: list[Tensor],
        bbox_pred_list: list[Tensor],
        score_factor_list: list[Tensor],
        mlvl_priors: list[Tensor],
        img_meta: dict,
        cfg: ConfigDict | None,
        **kwargs,
    ) -> InstanceData:
        """Hand on the ``nms_pre`` best anchors of each level, of one image.

        mmdet sorts a level whole, which takes long where it has hundreds of
        thousands of anchors (docs/lab_notes/speed.md; measured on a CPU).
        """
        count = (self.test_cfg if cfg is None else cfg).get('nms_pre', -1)
        # mmdet squeezes a single score away.
        if count > 1 and self.use_sigmoid_cls:
            levels = zip(cls_score_list, bbox_pred_list, mlvl_priors, strict=True)
            cls_score_list, bbox_pred_list, mlvl_priors = zip(
                *(_top_anchors(*level, count) for level in levels), strict=True
            )
        return super()._predict_by_feat_single(
            cls_score_list,
            bbox_pred_list,
            score_factor_list,
            mlvl_priors,
            img_meta,
            cfg,
            **kwargs,
        )


def _top_anchors(
    scores: Tensor, deltas: Tensor, priors: Tensor, count: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The best anchors of a level, as a level of ``count x 1`` positions.

    Args:
        scores (Tensor): ``(A, H, W)``, before the sigmoid.
        deltas (Tensor): ``(A * D, H, W)``, D numbers an anchor.
        priors (Tensor): ``(H * W * A, 4)``.
        count (int): Anchors to keep.

    Returns:
        tuple[Tensor, Tensor, Tensor]: ``(1, count, 1)``, ``(D, count, 1)`` and
        ``(count, 4)``; what was given where there are no more.
    """
    flat = scores.permute(1, 2, 0).flatten()
    if len(flat) <= count:
        return scores, deltas, priors
    flat, kept = flat.topk(count)
    deltas = deltas.permute(1, 2, 0).reshape(len(priors), -1)[kept]
    return flat[None, :, None], deltas.t()[..., None], priors[kept]
