"""What generators of images share."""

from mmcv.ops import RoIAlign
from torch import Tensor

from ..utils import pool_rois
from .gan_mixin import GANMixin


def crop_rois(images: Tensor, rois: Tensor, size: int) -> Tensor:
    """Crop RoIs from images and bring them to one size.

    RoIAlign (He et al., ICCV 2017) with as many bilinear samples a cell as a RoI
    has pixels there, so that large RoIs are averaged and not thinned out.

    Args:
        images (Tensor): ``(N, 3, H, W)`` of any floating type and layout.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2 in its
            pixels; ``m`` may be 0.
        size (int): ``k``, side of a crop.

    Returns:
        Tensor: ``(m, 3, k, k)`` in float32.
    """
    return pool_rois(RoIAlign(size, 1.0, 0), images, rois)


class CropsPlace(GANMixin):
    """A generator of images, whose results D compares as crops with the HR image.

    The HR image itself is what G should make, so there is no teacher. Of the
    discriminator, ``in_channels`` is 3 when not given and ``roi_feat_size``, the
    side of a crop, 32.

    Args:
        **kwargs: Arguments of :class:`GANMixin`.

    Raises:
        ValueError: There is a teacher.
    """

    def _discriminator_defaults(self) -> dict:
        return super()._discriminator_defaults() | dict(in_channels=3, roi_feat_size=32)

    def _build_teacher(self, cfg: dict | None) -> None:
        if cfg is not None:
            raise ValueError(
                f'model.teacher is given but the target of {type(self).__name__} is '
                'the HR image itself; take it out of the config.'
            )
