"""What a place of the generator defines: the steps of one training iteration."""

from collections.abc import Sequence

import torch.nn as nn
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures import Features, SampledRoIs
from ..roi_heads import SampledRoIsMixin
from ..teachers import build_teacher
from ..utils import region_masks


class GeneratorPlace:
    """The steps of :class:`GANMixin`, in the order in which it calls them.

    Those that stand here without a body say what the student is and what it is
    compared with; the others fit a generator of whole maps in a two-stage host, and
    a place may replace them. What they share of the host stands at the end. The
    methods up to :meth:`_check_parts` are called while the detector is built: they
    read the parts of the host alone, which are complete then, and nothing that a
    subclass adds.
    """

    def compared_maps(
        self, batch_inputs: Tensor, hr_inputs: Tensor | None = None
    ) -> dict[str, Tensor]:
        """What :class:`GANVisualizationHook` shows side by side.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: What G reads, makes and should make, ``(N, C, H, W)``
            each; empty where G makes no whole map.
        """
        return {}

    @property
    def sampler(self) -> nn.Module:
        """Part that samples the RoIs which D compares."""
        return self.roi_head

    def _ask_for_samples(self) -> None:
        """Make the RoI head return what it samples."""
        if not isinstance(self.roi_head, SampledRoIsMixin):
            raise ValueError(
                f'model.roi_head.type is {type(self.roi_head).__name__}; D compares '
                'the RoIs that it samples, so take SODGANRoIHead (Faster and Mask '
                'R-CNN), SODGANCascadeRoIHead, or put SampledRoIsMixin before your own.'
            )
        self.roi_head.returns_samples = True

    def _generator_defaults(self, neck: dict | None) -> dict:
        """What the config of the generator may leave out; the host is built."""
        return dict(scale_factor=self.data_preprocessor.scale_factor)

    def _discriminator_defaults(self) -> dict:
        """What the config of the discriminator may leave out."""
        return self.sampler.discriminator_defaults()

    def _build_teacher(self, cfg: dict | None) -> nn.Module | None:
        """Build the network that sees the HR image, where a term needs it."""
        return build_teacher(cfg, self)

    def _check_parts(self) -> None:
        """Refuse parts that do not fit together; called when all are built."""
        r = self.data_preprocessor.scale_factor
        if getattr(self.generator, 'scale_factor', r) != r:
            raise ValueError(
                f'generator.scale_factor is {self.generator.scale_factor} but '
                f'data_preprocessor.scale_factor is {r}; make them equal.'
            )
        if self._detail_thr is not None:
            self._check_detail()

    @property
    def _detail_thr(self) -> float | None:
        """Score from which G's detail is computed at test; None for everywhere."""
        return (self.test_cfg or {}).get('detail_thr')

    def _check_detail(self) -> None:
        """Refuse ``test_cfg.detail_thr`` where detail cannot be computed in places."""
        raise ValueError(
            f'model.test_cfg.detail_thr is {self._detail_thr} and the generator a '
            f'{type(self.generator).__name__}; remove detail_thr, which acts on a '
            'NarrowPyramidGenerator.'
        )

    def _student(self, images: Tensor) -> Features:
        """What the detector makes of LR images ``(N, 3, H, W)``."""
        raise NotImplementedError

    def _detection_losses(
        self, student: Features, data_samples: list[DetDataSample]
    ) -> tuple[dict[str, Tensor], SampledRoIs]:
        """The host's own losses, and the RoIs of its RoI head."""
        losses = self._host_losses(student.levels, data_samples)
        return losses, losses.pop('sampled_rois')

    def _hr_features(self, hr_images: Tensor, rois: SampledRoIs) -> Features:
        """What the student is compared with."""
        raise NotImplementedError

    def _reconstruction_losses(
        self,
        student: Features,
        hr: Features | None,
        rois: SampledRoIs,
        data_samples: list[DetDataSample],
    ) -> dict[str, Tensor]:
        """L_MSE, L_TV and L_align; no HR features where no term compares."""
        loss, weight = self.composite_loss, self.gan_schedule.reconstruction
        sr = self._compared(student, rois)
        masks = self._masks(sr, rois, data_samples)
        fine = None if hr is None else hr.fine
        losses = loss.reconstruction(sr, fine, *masks, weight)
        if loss.aligns_pyramid:
            losses |= loss.alignment(
                *self._ordinary_levels(student),
                hr.levels,
                self.data_preprocessor.scale_factor,
                data_samples,
                weight,
            )
        return losses

    def _compared(self, student: Features, rois: SampledRoIs) -> Tensor:
        """G's result for L_MSE and L_TV, with a graph to what they may train."""
        return student.fine

    def _masks(
        self, sr: Tensor, rois: SampledRoIs, data_samples: list[DetDataSample]
    ) -> tuple[Tensor, Tensor]:
        """Where G's result counts, and where it is foreground."""
        side = self.sampler.max_small_side
        return region_masks(data_samples, sr, self.generator.out_stride, side)

    def _ordinary_levels(
        self, student: Features
    ) -> tuple[Sequence[Tensor], Sequence[int]]:
        """Levels that L_align compares, and their strides in px of the LR image."""
        raise NotImplementedError

    def _pair(
        self, student: Features, hr: Features | None, rois: SampledRoIs
    ) -> SampledRoIs:
        """The RoIs as D compares them; no HR features while D takes no step."""
        return rois if hr is None else rois._replace(hr_feats=hr.fine)

    def _host_channels(self, neck: dict | list | None) -> dict:
        """Channels of a generator of features, from the config of the neck.

        Another backbone thus needs no further line in a config.
        """
        if isinstance(neck, list | tuple):
            raise ValueError(
                f'model.neck is a list of {len(neck)} necks; SODGAN takes channels and '
                'first level from one, so give a single neck config.'
            )
        if neck is None:
            return {}
        return dict(
            in_channels=neck['out_channels'],
            skip_channels=neck['in_channels'][neck.get('start_level', 0)],
        )

    def _host_features(self, images: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Backbone level under the finest level, and the pyramid, finest first."""
        feats = self.backbone(images)
        if not self.with_neck:
            return feats[0], feats
        return feats[getattr(self.neck, 'start_level', 0)], self.neck(feats)

    def _host_levels(self, images: Tensor) -> tuple[Tensor, ...]:
        """The levels of mmdet's detector, from images that its backbone reads."""
        return super().extract_feat(images)

    def _host_losses(self, *args) -> dict:
        """The losses of mmdet's detector."""
        return super().loss(*args)

    def _trusts_teacher(self) -> bool:
        """Whether L_MSE and L_TV may train backbone and neck too.

        A frozen teacher has seen objects at r times their size; the average of a
        network that was trained on LR images has not.
        """
        return self.teacher is not None and self.teacher.frozen
