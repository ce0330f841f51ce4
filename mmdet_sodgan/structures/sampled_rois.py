from typing import NamedTuple

from torch import Tensor


class SampledRoIs(NamedTuple):
    """The ``m`` RoIs of a batch that D compares, and what is true of them.

    Attributes:
        feats (Tensor): What D sees of G's result (fake), ``(m, C', k, k)`` with
            gradient: features as the box head sees them, or image crops.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2 in pixels of
            the frame in which the detector finds boxes.
        labels (Tensor): ``(m,)`` in [0, K], K the background.
        targets (Tensor): Encoded box targets ``(m, 4)``, 0 where negative.
        positive (Tensor): Bool ``(m,)``, ``label < K``.
        hr_feats (Tensor, optional): The same of the HR image (real),
            ``(m, C', k, k)`` without gradient; None when D takes no step in this
            iteration.
    """

    feats: Tensor
    rois: Tensor
    labels: Tensor
    targets: Tensor
    positive: Tensor
    hr_feats: Tensor | None = None

    def where(self, mask: Tensor) -> 'SampledRoIs':
        """Keep the RoIs of a mask, or of indices.

        Args:
            mask (Tensor): Bool ``(m,)`` or indices ``(n,)``.
        """
        return SampledRoIs(*(x if x is None else x[mask] for x in self))
