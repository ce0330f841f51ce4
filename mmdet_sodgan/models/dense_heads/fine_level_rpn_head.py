from dataclasses import replace

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from torch import Tensor

from ..utils import FineLevel, fill_in_tiles, full_precision
from .sodgan_rpn_head import SODGANRPNHead


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
        if x.sight is None:
            return self._read(x)

        def read(part: Tensor) -> Tensor:
            return torch.cat(self._read(replace(x, map=part)), 1)

        # Elsewhere the level is as it was when it was read first, but for the cells
        # below and right of detail, whose convolution sees it.
        seen = torch.cat(x.sight[1:], 1)
        fill_in_tiles(seen, read, (x.map,), x.sight.where, reach=1)
        return seen.split([each.shape[1] for each in x.sight[1:]], 1)

    def _read(self, x: FineLevel) -> tuple[Tensor, Tensor]:
        hidden = F.relu(x.convolve(self.rpn_conv))
        scores, deltas = self.rpn_cls(hidden), self.rpn_reg(hidden)
        return full_precision(scores), full_precision(deltas)
