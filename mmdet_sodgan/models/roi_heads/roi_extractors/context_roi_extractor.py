import torch
import torch.nn as nn
from mmdet.registry import MODELS
from torch import Tensor

from ...utils import FineLevel
from .fine_level_roi_extractor import FineLevelRoIExtractor


@MODELS.register_module()
class ContextRoIExtractor(FineLevelRoIExtractor):
    """RoI features joined with those of the surroundings.

    A small object has few features of its own, and its surroundings say what it
    may be (Gidaris and Komodakis, ICCV 2015, use regions of several sizes about
    a RoI). The RoI enlarged about its centre is pooled as well, from the level
    that FPN's rule gives to its size, and both are fused by a 1x1 convolution.
    That starts as the identity on the RoI's own features, so that training
    starts from mmdet's extractor.

    Args:
        context_scale (float): Sides of the enlarged RoI over the RoI's.
        **kwargs: Arguments of mmdet's ``SingleRoIExtractor``.

    Raises:
        ValueError: ``context_scale`` is not above 1.
    """

    added_weights = ('fuse.',)

    def __init__(self, *args, context_scale: float = 2.0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if context_scale <= 1:
            raise ValueError(
                f'bbox_roi_extractor.context_scale is {context_scale}; it must be '
                'above 1 for the enlarged RoI to hold surroundings.'
            )
        self.context_scale = context_scale
        self.fuse = nn.Conv2d(2 * self.out_channels, self.out_channels, 1)

    def init_weights(self) -> None:
        """Identity on the RoI's own features, zero on the context's.

        A second call changes nothing, as everywhere in mmengine.
        """
        if not self.is_init:
            nn.init.dirac_(self.fuse.weight)
            nn.init.zeros_(self.fuse.bias)
        super().init_weights()

    def forward(
        self,
        feats: tuple[FineLevel | Tensor, ...],
        rois: Tensor,
        roi_scale_factor: float | None = None,
    ) -> Tensor:
        """Pool RoIs and their surroundings.

        Args:
            feats (tuple[FineLevel | Tensor]): Levels ``(N, C, H_l, W_l)``, finest
                first.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.
            roi_scale_factor (float, optional): As in mmdet; enlarges both.

        Returns:
            Tensor: ``(n, C, k, k)``.
        """
        # Enlarged here and not by mmdet's roi_scale_factor, which is without
        # effect where there is a single level.
        enlarged = self.roi_rescale(rois, self.context_scale)
        pooled = [
            super(ContextRoIExtractor, self).forward(feats, x, roi_scale_factor)
            for x in (rois, enlarged)
        ]
        return self.fuse(torch.cat(pooled, 1))
