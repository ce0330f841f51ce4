from mmdet.registry import MODELS
from torch import Tensor

from ..utils import FineLevel
from .sodgan_rpn_head import SODGANRPNHead


@MODELS.register_module()
class FineLevelRPNHead(SODGANRPNHead):
    """RPN head of the host's own levels, whose finest has the fine level's detail.

    The reconstructed level has ``r * r`` times the positions of the next one, and as
    many times its anchors. That a small object is there the next level can tell as
    well, once it has the detail (docs/lab_notes/experiments.md, section 16).

    Its arguments are those of mmdet's ``RPNHead``; the strides of the anchors are those
    of the host's levels.
    """

    def forward(
        self, x: tuple[FineLevel | Tensor, ...]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Scores and deltas of the host's levels.

        Args:
            x (tuple[FineLevel | Tensor]): The reconstructed level, then the host's
                ``(N, C, H_l, W_l)``, finest first.

        Returns:
            tuple[list[Tensor], list[Tensor]]: A level's scores
            ``(N, A, H_l, W_l)`` and deltas ``(N, 4 * A, H_l, W_l)``, of all levels
            but the first.
        """
        fine, finest, *others = x
        return super().forward((finest + fine.detail, *others))
