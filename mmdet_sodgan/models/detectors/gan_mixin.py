"""Generator, teacher and discriminator of a detector, and its training step.

One iteration, with ``r`` the scale factor and ``m`` the RoIs that D compares:

    LR ``(N, 3, H, W)``, HR ``(N, 3, r*H, r*W)``     the data preprocessor's
    LR image -> student: levels and G's result -> detection losses, ``m`` RoIs
    HR image -> its features: what G should make     not in every iteration
    both -> L_MSE, L_TV, L_align
    both at the RoIs ``(m, C', k, k)`` -> D -> L_adv, L_cls, L_reg

What both are is a matter of the generator's place: see the heads of
:mod:`.pyramid_place`, :mod:`.roi_sodgan`, :mod:`.image_sodgan`, :mod:`.sod_mtgan`.
"""

import copy

import torch.nn as nn
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor

from ...structures import GANSchedule, SampledRoIs
from ...utils.deprecation import rename_weights, take_renamed
from ..data_preprocessors import check_pairs, require_hr
from ..discriminators import BoxHeadDiscriminator, build_discriminator
from .generator_place import GeneratorPlace
from .predict_by_size import PredictBySize


class GANMixin(PredictBySize, GeneratorPlace):
    """Generator, teacher and discriminator around a detector of mmdet.

    It goes before mmdet's class, the host. One forward, :meth:`loss_and_pair`, serves
    both updates of :meth:`train_step`; its steps are a subclass's.

    Args:
        generator (dict): Config of the generator, less what the host knows.
        composite_loss (dict): Config of :class:`CompositeLoss`.
        discriminator (dict, optional): Config of :class:`MultiTaskDiscriminator` or
            another, built when a term of the composite loss needs it. ``num_classes``,
            ``in_channels`` and ``roi_feat_size`` are the box head's when not given.
        teacher (dict, optional): Config of :class:`Teacher`. Not built when no
            term needs z_HR.
        **host: Arguments of mmdet's detector; its ``data_preprocessor`` must be a
            :class:`PairedResolutionPreprocessor`.

    Attributes:
        training_only (tuple[str, ...]): Children that inference does not run.
        added_weights (tuple[str, ...]): Starts of the names of weights that the
            checkpoint of a plain detector lacks, see :func:`find_added`.

    Raises:
        ValueError: Parts that do not fit together; the message names the keys.
    """

    training_only = ('discriminator', 'teacher')
    added_weights = ('generator.',)

    def __init__(
        self,
        *,
        generator: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        teacher: dict | None = None,
        **host,
    ) -> None:
        host = take_renamed(host, dict(teacher=teacher), hr_branch='teacher')
        teacher = host.pop('teacher', None)
        # mmdet edits the configs that it is given.
        super().__init__(**copy.deepcopy(host))
        check_pairs(self.data_preprocessor, self.frame)
        self._ask_for_samples()
        defaults = self._generator_defaults(host.get('neck'))
        self.generator = MODELS.build(defaults | generator)
        self.composite_loss = MODELS.build(dict(type='CompositeLoss') | composite_loss)
        self.gan_schedule = GANSchedule()
        self.discriminator = build_discriminator(
            discriminator, self.composite_loss, self._discriminator_defaults()
        )
        self.teacher = self._build_teacher(teacher)
        self._check_parts()
        if isinstance(self.discriminator, BoxHeadDiscriminator):
            self.discriminator.check_start(self)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DetDataSample] | None = None,
        mode: str = 'tensor',
        hr_inputs: Tensor | None = None,
    ):
        """Run one of mmdet's modes, or 'pair' for :meth:`loss_and_pair`.

        Args:
            inputs (Tensor): LR images ``(N, 3, H, W)``.
            data_samples (list[DetDataSample], optional): N samples.
            mode (str): 'tensor', 'predict', 'loss' or 'pair'.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``, in
                training.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples, hr_inputs)
        if mode == 'pair':
            return self.loss_and_pair(inputs, data_samples, hr_inputs)
        if mode == 'predict':
            return self._predict_by_size(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def train_step(
        self,
        data: dict,
        optim_wrapper: OptimWrapperDict,
        detector: nn.Module | None = None,
        discriminator: nn.Module | None = None,
    ) -> dict[str, Tensor]:
        """Update D, then everything but D, from one forward of the detector.

        D is updated first on detached features, then G's adversarial terms go
        through the updated D with frozen parameters (Goodfellow et al., NIPS 2014,
        algorithm 1). Each optimizer wrapper keeps its own gradient accumulation,
        clipping and precision.

        Args:
            data (dict): A batch of the dataloader.
            optim_wrapper (OptimWrapperDict): 'generator' and, with a
                discriminator, 'discriminator'.
            detector (nn.Module, optional): This detector as distributed training
                wraps it.
            discriminator (nn.Module, optional): D as distributed training wraps it.

        Returns:
            dict[str, Tensor]: Losses for the log; 'loss' is G's total.

        Raises:
            TypeError: ``optim_wrapper`` is a single wrapper.
        """
        check_optim_wrapper(optim_wrapper)
        detector = detector or self
        discriminator = discriminator or self.discriminator
        generator_wrapper = optim_wrapper['generator']
        # Outside of the context, whose autocast would blur images in half precision.
        data = self.data_preprocessor(data, True)
        with generator_wrapper.optim_context(detector):
            losses, rois = detector(**data, mode='pair')

        discriminator_log = {}
        if rois.hr_feats is not None:
            wrapper = optim_wrapper['discriminator']
            with wrapper.optim_context(discriminator):
                discriminator_loss, discriminator_log = self.parse_losses(
                    self.composite_loss.discriminator_losses(discriminator, rois)
                )
            wrapper.update_params(discriminator_loss)
            # 'loss' is the key of G's total.
            del discriminator_log['loss']

        with generator_wrapper.optim_context(detector):
            losses.update(self.adversarial_losses(rois))
        loss, log = self.parse_losses(losses)
        generator_wrapper.update_params(loss)
        return log | discriminator_log

    def loss_and_pair(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], SampledRoIs]:
        """One forward for both updates.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, in ``frame``.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            tuple[dict[str, Tensor], SampledRoIs]: Detection and reconstruction
            losses; the RoIs that D compares.

        Raises:
            ValueError: A term needs the HR image and there is none.
        """
        student = self._student(batch_inputs)
        losses, rois = self._detection_losses(student, batch_data_samples)
        schedule, hr = self.gan_schedule, None
        learns = self.discriminator is not None and schedule.discriminator_learns
        reconstructs = self.composite_loss.reconstructs and schedule.reconstruction > 0
        # Whether this iteration is worth a pass of the HR image.
        if learns or reconstructs and self.composite_loss.needs_hr:
            hr = self._hr_features(require_hr(hr_inputs), rois)
        if reconstructs:
            losses |= self._reconstruction_losses(student, hr, rois, batch_data_samples)
        if self.discriminator is not None:
            rois = self._pair(student, hr if learns else None, rois)
        return losses, rois

    def loss(self, *args, **kwargs) -> dict[str, Tensor]:
        """All that G and the detector minimise; arguments of :meth:`loss_and_pair`."""
        losses, rois = self.loss_and_pair(*args, **kwargs)
        return losses | self.adversarial_losses(rois)

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """Levels that the host's heads read.

        Args:
            batch_inputs (Tensor | tuple): LR images ``(N, 3, H, W)``, or levels,
                which are handed back: so one forward serves the host's losses and
                all others.

        Returns:
            tuple[Tensor, ...]: ``(N, C, H_l, W_l)``, finest first.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        return self._student(batch_inputs).levels

    def adversarial_losses(self, rois: SampledRoIs) -> dict[str, Tensor]:
        """What G receives through D.

        Args:
            rois (SampledRoIs): From :meth:`loss_and_pair`.

        Returns:
            dict[str, Tensor]: Scalar losses; empty without discriminator or
            while the schedule's adversarial weight is 0.
        """
        weight = self.gan_schedule.adversarial
        if self.discriminator is None or weight == 0:
            return {}
        return self.composite_loss.adversarial_losses(self.discriminator, rois, weight)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args) -> None:
        """Rename the keys of old checkpoints, and have D start from the box head."""
        rename_weights(state_dict, prefix)
        if isinstance(self.discriminator, BoxHeadDiscriminator):
            self.discriminator.take_start(self, state_dict, prefix)
        super()._load_from_state_dict(state_dict, prefix, *args)


def check_optim_wrapper(optim_wrapper: OptimWrapper | OptimWrapperDict) -> None:
    """Refuse a single wrapper.

    Args:
        optim_wrapper (OptimWrapper | OptimWrapperDict): What the run has.

    Raises:
        TypeError: It is not an ``OptimWrapperDict``.
    """
    if not isinstance(optim_wrapper, OptimWrapperDict):
        raise TypeError(
            'SODGAN needs two optimizer groups; add to optim_wrapper '
            "constructor='GANOptimWrapperConstructor' and "
            'discriminator=dict(optimizer=dict(...)).'
        )
