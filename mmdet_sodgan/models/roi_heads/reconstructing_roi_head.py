from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mmdet.registry import MODELS
from torch import Tensor

from ..utils import for_roi_align, is_small
from .sodgan_roi_head import SODGANRoIHead


@MODELS.register_module()
class ReconstructingRoIHead(SODGANRoIHead):
    """Standard RoI head that reads small RoIs through a generator.

    The features of RoIs with ``sqrt(w * h) < max_small_side`` are reconstructed
    before the box head sees them, and D sees these; those of the others are
    mmdet's. The generator is the detector's: it comes in by
    :meth:`reconstructing`.

    Args:
        max_small_side (float): Below it, ``sqrt(w * h)`` in pixels of the LR
            image, a RoI is small.
        **kwargs: Arguments of :class:`SODGANRoIHead`.

    Raises:
        ValueError: The mask head shares the box head's extractor: in training
            it would get reconstructed features and at test time others.
    """

    # An option here, where the extractor's levels do not decide.
    max_small_side: float = 32.0

    def __init__(self, *args, max_small_side: float = 32.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.with_mask and self.share_roi_extractor:
            raise ValueError(
                'roi_head.mask_roi_extractor is None, so the mask head would share '
                'features that only the box head may get; give it an extractor.'
            )
        self.max_small_side = max_small_side
        self._reconstruct: Callable[[Tensor, Tensor], Tensor] | None = None

    @contextmanager
    def reconstructing(
        self, reconstruct: Callable[[Tensor, Tensor], Tensor]
    ) -> Iterator[None]:
        """Use ``reconstruct`` for the calls inside.

        Args:
            reconstruct (Callable): From features ``(m, C', k, k)`` and RoIs
                ``(m, 5)``, in pixels of the LR image, to features
                ``(m, C', k, k)``; ``m`` may be 0.
        """
        self._reconstruct = reconstruct
        try:
            yield
        finally:
            self._reconstruct = None

    def _is_small(self, rois: Tensor, num_levels: int) -> Tensor:
        """Which RoIs are reconstructed, bool ``(n,)``."""
        return is_small(rois[:, 1:], self.max_small_side)

    def pool(self, levels: tuple[Tensor, ...], rois: Tensor) -> Tensor:
        """Pool RoIs from ordinary levels, before any reconstruction.

        Args:
            levels (tuple[Tensor]): Pyramid of an LR or HR image,
                ``(N, C, H_l, W_l)``, finest first.
            rois (Tensor): ``(m, 5)`` in pixels of that image.

        Returns:
            Tensor: ``(m, C', k, k)``.
        """
        extractor = self.bbox_roi_extractor
        levels = tuple(for_roi_align(x) for x in levels[: extractor.num_inputs])
        feats = extractor(levels, rois)
        return self.shared_head(feats) if self.with_shared_head else feats

    def _bbox_forward(self, x: tuple[Tensor, ...], rois: Tensor) -> dict[str, Tensor]:
        """Pool, reconstruct the small RoIs, and classify and regress all of them.

        Args:
            x (tuple[Tensor]): Pyramid of the LR image, ``(N, C, H_l, W_l)``.
            rois (Tensor): ``(n, 5)`` in pixels of the LR image.

        Returns:
            dict[str, Tensor]: ``cls_score``, ``bbox_pred``, ``bbox_feats``.

        Raises:
            RuntimeError: Called outside of :meth:`reconstructing`.
        """
        if self._reconstruct is None:
            raise RuntimeError(
                'ReconstructingRoIHead was called outside of reconstructing(); its '
                "generator is the detector's, so set model.type='RoISODGAN'."
            )
        feats = self.pool(x, rois)
        small = self._is_small(rois, len(x)).nonzero().squeeze(1)
        made = self._reconstruct(feats[small], rois[small])
        feats = feats.index_copy(0, small, made.type_as(feats))
        cls_score, bbox_pred = self.bbox_head(feats)
        return dict(cls_score=cls_score, bbox_pred=bbox_pred, bbox_feats=feats)
