from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import FineLevel, Sight, fill_in_tiles, full_precision
from .sodgan_rpn_head import SODGANRPNHead

#: Share of the threshold for detail at which z_LR has the enlarged one looked at
#: (experiments.md, section 20).
GLANCE = 0.01
#: Logit of anchors that are not looked at, which come last among the proposals.
NOTHING = -20.0


@MODELS.register_module()
class FineLevelRPNHead(SODGANRPNHead):
    """RPN head that reads the reconstructed level on the grid of the next one.

    That level has ``r * r`` times the positions of the next one, and as many times its
    anchors. That a small object is there a position in ``r * r`` can tell as well
    (docs/lab_notes/experiments.md, sections 16 and 19; measured with ``r = 2``). Each
    level of the host has the anchors of the teacher's level whose cells cover as much
    of the image, ``r`` times as large as a detector trained on LR images has them.

    Args:
        *args: Arguments of mmdet's ``RPNHead``.
        num_convs (int): 1, no other.
        **kwargs: Arguments of mmdet's ``RPNHead``.

    Raises:
        ValueError: There is more than one convolution before the predictions.
    """

    def __init__(self, *args, num_convs: int = 1, **kwargs) -> None:
        if num_convs != 1:
            raise ValueError(
                f'rpn_head.num_convs is {num_convs}; FineLevelRPNHead takes hosts with '
                'one convolution before the predictions.'
            )
        super().__init__(*args, **kwargs)

    def forward(
        self, x: Sequence[FineLevel | Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Predict scores and deltas of all levels; what :meth:`look` read is not again.

        Args:
            x (Sequence[FineLevel | Tensor]): The reconstructed level, z_LR, and so on.

        Returns:
            tuple[list[Tensor], list[Tensor]]: As of :meth:`forward_single`.
        """
        sight = x[0].sight if isinstance(x[0], FineLevel) else None
        if sight is None:
            return super().forward(x)
        rest = map(self.forward_single, x[2:])
        found = zip(self.forward_single(x[0]), sight.z_lr, *rest, strict=True)
        return tuple(map(list, found))

    def forward_single(self, x: FineLevel | Tensor) -> tuple[Tensor, Tensor]:
        """Predict scores and deltas of one level in full precision.

        Args:
            x (FineLevel | Tensor): The reconstructed level, or one of the host's,
                ``(N, C, H, W)``.

        Returns:
            tuple[Tensor, Tensor]: Scores ``(N, A, H, W)`` and deltas
            ``(N, 4 * A, H, W)`` of A anchors a position, not in a half type; of the
            reconstructed level on the grid of the next one.
        """
        if isinstance(x, Tensor):
            return super().forward_single(x)
        if x.sight is not None:
            # Elsewhere the level is as it was when it was read first, but for the cells
            # below and right of detail, whose convolution sees it.
            return self._read_in_tiles(x, x.sight.enlarged, x.sight.where, reach=1)
        hidden = F.relu(x.convolve(self.rpn_conv))
        scores, deltas = self.rpn_cls(hidden), self.rpn_reg(hidden)
        return full_precision(scores), full_precision(deltas)

    def look(self, enlarged: FineLevel, z_lr: Tensor, threshold: float) -> Sight:
        """Find where detail is worth computing, from coarse to fine.

        z_LR is read as a level of the host, and the enlarged one only next to where
        that has an anchor of a score above a hundredth of the threshold (compare
        QueryDet: Yang et al., CVPR 2022). Elsewhere the anchors of the reconstructed
        level come last among the proposals.

        Args:
            enlarged (FineLevel): The enlarged z_LR.
            z_lr (Tensor): ``(N, C, H, W)``.
            threshold (float): Score above which an anchor of the enlarged z_LR asks for
                detail in its cell and those next to it.
        """
        coarse = super().forward_single(z_lr)
        scores, deltas = coarse
        nothing = torch.full_like(scores, NOTHING), torch.zeros_like(deltas)
        where = _next_to(scores, GLANCE * threshold)
        found = self._read_in_tiles(enlarged, nothing, where)
        return Sight(_next_to(found[0], threshold), found, coarse)

    def _read_in_tiles(
        self,
        level: FineLevel,
        known: tuple[Tensor, Tensor],
        where: Tensor,
        reach: int = 0,
    ) -> tuple[Tensor, Tensor]:
        """Read ``known`` anew in the tiles that hold one of the cells."""

        def read(part: Tensor) -> Tensor:
            return torch.cat(
                self.forward_single(replace(level, map=part, sight=None)), 1
            )

        found = torch.cat(known, 1)
        fill_in_tiles(found, read, (level.map,), where, reach=reach)
        return found.split([each.shape[1] for each in known], 1)


def _next_to(scores: Tensor, threshold: float) -> Tensor:
    """Cells in or next to which an anchor has a score above it, bool ``(N, H, W)``."""
    found = scores.sigmoid().amax(1, keepdim=True) > threshold
    return F.max_pool2d(found.float(), 3, stride=1, padding=1)[:, 0] > 0
