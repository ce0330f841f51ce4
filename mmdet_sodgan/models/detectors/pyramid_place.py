"""The generator at the pyramid.

Shapes, with ``s`` the stride of the finest pyramid level (4 with an FPN, 8 with
RetinaNet's) and ``r`` the scale factor, all in pixels of the LR image:

    LR image -> backbone -> neck -> P2..P6        P2 = z_LR ``(N, C, H/s, W/s)``
    image, C2, P2 -> generator -> z_SR            ``(N, C, r*H/s, r*W/s)``, or a
                                                  :class:`FineLevel` that gives it
    (z_SR, P2..P6) -> the host's heads -> detection losses, detections
    HR image -> teacher -> z_HR                   shape of z_SR, training only
    P2..P6, P3..P7 of the HR image -> L_align (r = 2)
    z_SR, z_HR -> L_MSE, L_TV; RoIAlign -> D -> L_adv, L_cls, L_reg
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch.nn as nn
from torch import Tensor

from ...structures import Features, SampledRoIs
from ..dense_heads import FineLevelRPNHead
from ..generators import NarrowPyramidGenerator
from ..utils import as_map, check_anchors, check_level_strides
from .gan_mixin import GANMixin


class PyramidPlace(GANMixin):
    """One finer level in front of any host's pyramid; goes before mmdet's detector.

    The ordinary levels stay as they are. Of the generator, ``scale_factor`` is
    taken from the data preprocessor, ``in_stride`` from the anchors and the
    channels from the neck.

    With ``test_cfg.detail_thr`` prediction computes G's detail only next to cells where
    the RPN, which looks at z_LR and then at the enlarged one, gives an anchor a score
    above it (:meth:`FineLevelRPNHead.look`). What these do not show is not found, so it
    is for objects that are rare and seen at LR, only small.

    Args:
        **kwargs: Arguments of :class:`GANMixin`.

    Attributes:
        anchor_head (str): Name of the head that has the anchors.

    Raises:
        ValueError: The head has no anchors, a part believes to read levels of other
            strides, or ``test_cfg.detail_thr`` is not in [0, 1] or stands beside a
            generator that needs the whole image.
    """

    anchor_head: str

    def __init__(self, **kwargs) -> None:
        check_anchors(self.anchor_head, kwargs.get(self.anchor_head))
        super().__init__(**kwargs)

    def compared_maps(
        self, batch_inputs: Tensor, hr_inputs: Tensor | None = None
    ) -> dict[str, Tensor]:
        """z_LR, z_SR and, where there are teacher and HR image, z_HR.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: ``(N, C, H/s, W/s)``, the others r times as large.
        """
        student = self._reconstruct(batch_inputs)
        maps = {'z_LR': student.levels[1], 'z_SR': as_map(student.fine)}
        if self.teacher is not None and hr_inputs is not None:
            maps['z_HR'] = self.teacher(hr_inputs)[0]
        return maps

    def ordinary_levels(self, batch_inputs: Tensor) -> tuple[Tensor, ...]:
        """The levels that the host has without the generator.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor, ...]: ``(N, C, H_l, W_l)``, z_LR first.
        """
        return self._host_features(batch_inputs)[1]

    @property
    def _is_narrow(self) -> bool:
        """Whether the reconstructed level is a :class:`FineLevel`, as the head says."""
        return isinstance(getattr(self, self.anchor_head), FineLevelRPNHead)

    @property
    def _ordinary_strides(self) -> list[int]:
        """Strides of the pyramid's levels, in pixels of the LR image."""
        head = getattr(self, self.anchor_head)
        return [stride for stride, _ in head.prior_generator.strides][1:]

    def _generator_defaults(self, neck: dict | None) -> dict:
        defaults = super()._generator_defaults(neck)
        stride = self._ordinary_strides[0]
        return defaults | dict(in_stride=stride) | self._host_channels(neck)

    def _check_parts(self) -> None:
        super()._check_parts()
        head = getattr(self, self.anchor_head)
        narrow, generator = self._is_narrow, self.generator
        if isinstance(generator, NarrowPyramidGenerator) != narrow:
            raise ValueError(
                f'model.generator is a {type(generator).__name__} and '
                f'model.{self.anchor_head} a {type(head).__name__}; NarrowPyramid'
                'Generator, FineLevelRPNHead and FineLevelRoIExtractor go together.'
            )
        levels = getattr(self.neck, 'num_outs', None) if self.with_neck else 1
        check_level_strides(
            f'{self.anchor_head}.anchor_generator.strides',
            head.prior_generator.strides,
            # A narrow level is read on the grid of the next one.
            out_stride=generator.in_stride if narrow else generator.out_stride,
            in_stride=generator.in_stride,
            num_levels=None if levels is None else levels + 1,
        )

    def _student(self, images: Tensor) -> Features:
        # PreciseBNHook has a generator in training mode in a detector that predicts.
        if self._detail_thr is None or self.training or self.generator.training:
            return self._reconstruct(images)
        look = partial(self.rpn_head.look, threshold=self._detail_thr)
        return self._reconstruct(images, look=look)

    def _reconstruct(self, images: Tensor, **look: Callable) -> Features:
        """The host's levels and G's, with detail everywhere or where it shows."""
        skip, pyramid = self._host_features(images)
        inputs = (images, skip, pyramid[0])
        fine = self.generator(*inputs, **look)
        return Features((fine, *pyramid), fine, inputs)

    def _check_detail(self) -> None:
        if not self._is_narrow:
            super()._check_detail()
        if not 0 <= self._detail_thr <= 1:
            raise ValueError(
                f'model.test_cfg.detail_thr is {self._detail_thr}; it is compared with '
                'scores, so give a number from 0 to 1.'
            )
        kinds = nn.GroupNorm, nn.LayerNorm, nn.modules.instancenorm._InstanceNorm
        for layer in self.generator.modules():
            if isinstance(layer, kinds):
                raise ValueError(
                    f'model.test_cfg.detail_thr is {self._detail_thr} and the '
                    f'generator has {type(layer).__name__}, which needs the whole '
                    'image; remove it, or train a generator with BatchNorm.'
                )

    def _hr_features(self, hr_images: Tensor, rois: SampledRoIs) -> Features:
        levels = self.teacher(hr_images)
        return Features(levels, levels[0])

    def _compared(self, student: Features, rois: SampledRoIs) -> Tensor:
        if self._trusts_teacher():
            return as_map(student.fine)
        # Of G alone: through its inputs these terms would pull backbone and neck
        # towards features of objects at r times their size.
        return as_map(self.generator(*(x.detach() for x in student.inputs)))

    def _ordinary_levels(
        self, student: Features
    ) -> tuple[Sequence[Tensor], Sequence[int]]:
        return student.levels[1:], self._ordinary_strides

    def _pair(
        self, student: Features, hr: Features | None, rois: SampledRoIs
    ) -> SampledRoIs:
        if hr is None:
            return rois
        return rois._replace(hr_feats=self.sampler.pool_hr(hr.fine, rois.rois))
