"""SODGAN with the generator at the pyramid.

Shapes, with ``s`` the stride of the finest pyramid level (4 with an FPN) and
``r`` the scale factor, all in pixels of the LR image:

    LR image -> backbone -> neck -> P2..P6        P2 = z_LR ``(N, C, H/s, W/s)``
    image, C2, P2 -> generator -> z_SR            ``(N, C, r*H/s, r*W/s)``
    (z_SR, P2..P6) -> RPN, RoI head -> detection losses, detections
    HR image -> HR branch -> z_HR                 shape of z_SR, training only
    P2..P6, P3..P7 of the HR image -> L_align (r = 2)
    z_SR, z_HR -> L_MSE, L_TV; RoIAlign -> D -> L_adv, L_cls, L_reg
"""

import copy

import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.utils import reduce_mean
from mmengine.optim import OptimWrapperDict
from torch import Tensor
from torch.func import functional_call

from ...engine.alternating_step import alternating_step
from ..utils import GANSchedule, RoIPair
from .feature_supervision import alignment_losses, reconstruction_losses
from .part_checks import check_host, check_parts, check_preprocessor


@MODELS.register_module()
class SODGAN(TwoStageDetector):
    """Two-stage detector with a generative and a discriminative part.

    The ordinary pyramid levels stay as they are; the generator adds one finer
    level in front of them. The discriminator and the HR branch exist for
    training only.

    Args:
        backbone (dict): Config of the backbone.
        generator (dict): Config of the generator. ``scale_factor`` is taken
            from the data preprocessor and, with a neck, ``in_channels`` and
            ``skip_channels`` from it, so that another backbone needs no
            further line.
        composite_loss (dict): Config of :class:`CompositeLoss`.
        discriminator (dict, optional): Config of the discriminator. Not
            built when no term of the composite loss needs it.
            ``num_classes``, ``in_channels`` and ``roi_feat_size`` are taken
            from the box head when not given.
        hr_branch (dict, optional): Config of :class:`HRBranch`. Not built
            when no term needs z_HR.
        data_preprocessor (dict): Config of
            :class:`PairedResolutionPreprocessor`.
        **kwargs: Arguments of mmdet's ``TwoStageDetector``.

    Raises:
        ValueError: Parts that do not fit together; the message names the
            keys.
    """

    def __init__(
        self,
        backbone: dict,
        generator: dict,
        composite_loss: dict,
        discriminator: dict | None = None,
        hr_branch: dict | None = None,
        neck: dict | None = None,
        rpn_head: dict | None = None,
        roi_head: dict | None = None,
        data_preprocessor: dict | None = None,
        **kwargs,
    ) -> None:
        check_host(neck, rpn_head)
        super().__init__(
            backbone=backbone,
            neck=neck,
            rpn_head=rpn_head,
            # The base class edits the config that it is given.
            roi_head=copy.deepcopy(roi_head),
            data_preprocessor=data_preprocessor,
            **kwargs,
        )
        check_preprocessor(self.data_preprocessor)
        generator = dict(scale_factor=self.data_preprocessor.scale_factor) | generator
        if neck is not None:
            generator = dict(in_channels=neck['out_channels']) | generator
            first = neck.get('start_level', 0)
            generator.setdefault('skip_channels', neck['in_channels'][first])
            self._skip_level = first
        else:
            self._skip_level = 0
        self.generator = MODELS.build(generator)
        self.composite_loss = MODELS.build(dict(type='CompositeLoss') | composite_loss)
        self.discriminator = None
        self.hr_branch = None
        if self.composite_loss.needs_discriminator:
            self._build_discriminator(discriminator)
        if (
            self.composite_loss.needs_discriminator
            or self.composite_loss.needs_reconstruction_target
        ):
            self.hr_branch = MODELS.build(
                dict(type='HRBranch') | (hr_branch or {}),
                default_args=dict(
                    backbone=self.backbone, neck=self.neck if self.with_neck else None
                ),
            )
        check_parts(self)
        self.gan_schedule = GANSchedule()

    def _build_discriminator(self, cfg: dict | None) -> None:
        if cfg is None:
            raise ValueError(
                'composite_loss has adv, cls or reg terms but model.discriminator is '
                'None; give a discriminator or set these terms to None.'
            )
        num_classes = self.roi_head.bbox_head.num_classes
        # D judges what the box head sees.
        cfg = (
            dict(
                num_classes=num_classes,
                in_channels=self.roi_head.bbox_head.in_channels,
                roi_feat_size=self.roi_head.bbox_head.roi_feat_size[0],
                **{
                    f'with_{name}': name in self.composite_loss.terms
                    for name in ('adv', 'cls', 'reg')
                },
            )
            | cfg
        )
        if cfg['num_classes'] != num_classes:
            raise ValueError(
                f'discriminator.num_classes is {cfg["num_classes"]} but '
                f'roi_head.bbox_head.num_classes is {num_classes}; make them equal.'
            )
        self.discriminator = MODELS.build(cfg)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DetDataSample] | None = None,
        mode: str = 'tensor',
        hr_inputs: Tensor | None = None,
    ):
        """As mmdet's detectors, with two more ways to call it.

        Args:
            inputs (Tensor): LR images ``(N, 3, H, W)``.
            data_samples (list[DetDataSample], optional): N samples.
            mode (str): 'tensor', 'predict', 'loss', or 'pair' for
                :meth:`loss_and_pair`.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``, in
                training.

        Returns:
            What the mode says; see mmdet's ``BaseDetector.forward``.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples, hr_inputs)
        if mode == 'pair':
            return self.loss_and_pair(inputs, data_samples, hr_inputs)
        return super().forward(inputs, data_samples, mode)

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """Pyramid with the reconstructed level in front.

        Args:
            batch_inputs (Tensor | tuple): LR images ``(N, 3, H, W)``, or the
                result of an earlier call, which is handed back: so one
                forward serves the losses of the base class and the GAN's.

        Returns:
            tuple[Tensor, ...]: z_SR ``(N, C, r*H/s, r*W/s)``, then the
            levels of the neck.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        skip, pyramid = self._host_features(batch_inputs)
        return (self.generator(batch_inputs, skip, pyramid[0]), *pyramid)

    def _host_features(self, images: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Backbone level under the finest level, and the neck's levels."""
        feats = self.backbone(images)
        pyramid = self.neck(feats) if self.with_neck else feats
        return feats[self._skip_level], pyramid

    def loss_and_pair(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], RoIPair]:
        """One forward for both updates.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, LR frame.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            tuple[dict[str, Tensor], RoIPair]: Detection and reconstruction
            losses; RoI features for the discriminator.

        Raises:
            ValueError: A term needs z_HR and there is no HR image.
        """
        skip, pyramid = self._host_features(batch_inputs)
        z_sr = self.generator(batch_inputs, skip, pyramid[0])
        losses = super().loss((z_sr, *pyramid), batch_data_samples)
        samples = self.roi_head.pop_samples()
        targets = self._target(hr_inputs) if self._needs_target() else None
        z_hr = None if targets is None else targets[0]
        if self._reconstructs():
            z_rec = z_sr
            if not self._trusts_target():
                # Of G alone: through its inputs these terms would pull backbone
                # and neck towards features of objects at r times their size.
                z_rec = self.generator(batch_inputs, skip.detach(), pyramid[0].detach())
            losses |= reconstruction_losses(self, batch_data_samples, z_rec, z_hr)
            if self.composite_loss.aligns_pyramid:
                losses |= alignment_losses(self, batch_data_samples, pyramid, targets)
        learns = self._discriminator_learns()
        pair = RoIPair(
            samples.feats,
            self.roi_head.pool_target(z_hr, samples.rois) if learns else None,
            samples.labels,
            samples.targets,
            samples.positive,
        )
        return losses, pair

    def loss(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """All that G and the detector minimise, in one dict.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, LR frame.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: Scalar losses.
        """
        losses, pair = self.loss_and_pair(batch_inputs, batch_data_samples, hr_inputs)
        losses.update(self.adversarial_losses(pair))
        return losses

    def adversarial_losses(self, pair: RoIPair) -> dict[str, Tensor]:
        """What G receives through the frozen discriminator.

        Args:
            pair (RoIPair): From :meth:`loss_and_pair`.

        Returns:
            dict[str, Tensor]: Scalar losses; empty without discriminator or
            while the schedule's adversarial weight is 0.
        """
        scale = self.gan_schedule.adversarial
        if self.discriminator is None or scale == 0:
            return {}
        frozen = {k: v.detach() for k, v in self.discriminator.named_parameters()}
        # Evaluation mode: no instance noise, and spectral normalisation does
        # not move its buffers, so that D is the same before and after.
        self.discriminator.eval()
        judged = functional_call(self.discriminator, frozen, (pair.fake,))
        self.discriminator.train(self.training)
        return self.composite_loss.generator(judged, pair, _avg_factor(pair), scale)

    def discriminator_losses(self, discriminator, pair: RoIPair) -> dict[str, Tensor]:
        """D's own losses; G is not touched.

        Args:
            discriminator (Callable): ``self.discriminator`` or its wrapper
                for distributed training.
            pair (RoIPair): From :meth:`loss_and_pair`.

        Returns:
            dict[str, Tensor]: Scalar losses, and D's mean output.
        """
        m = len(pair.fake)
        judged = discriminator(torch.cat([pair.real, pair.fake.detach()]))
        real = type(judged)(*(x if x is None else x[:m] for x in judged))
        fake = type(judged)(*(x if x is None else x[m:] for x in judged))
        return self.composite_loss.discriminator(real, fake, pair, _avg_factor(pair))

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> dict[str, Tensor]:
        """One iteration: D's update, then the others'.

        Args:
            data (dict): A batch of the dataloader.
            optim_wrapper (OptimWrapperDict): 'generator', and
                'discriminator' when there is one.

        Returns:
            dict[str, Tensor]: Losses for the log.
        """
        return alternating_step(self, self, self.discriminator, data, optim_wrapper)

    def _discriminator_learns(self) -> bool:
        return (
            self.discriminator is not None and self.gan_schedule.discriminator_steps > 0
        )

    def _reconstructs(self) -> bool:
        return (
            self.composite_loss.has_reconstruction_terms
            and self.gan_schedule.reconstruction > 0
        )

    def _needs_target(self) -> bool:
        """Whether this iteration is worth a pass of the HR image."""
        return self._discriminator_learns() or (
            self.composite_loss.needs_reconstruction_target and self._reconstructs()
        )

    def _trusts_target(self) -> bool:
        """Whether L_MSE and L_TV may train backbone and neck too.

        A teacher has seen objects at r times their size; the average of a
        network that was trained on LR images has not.
        """
        return self.hr_branch is not None and self.hr_branch.is_teacher

    def _target(self, hr_inputs: Tensor | None) -> tuple[Tensor, ...]:
        if hr_inputs is None:
            raise ValueError(
                'the loss needs z_HR but the batch has no HR images; set '
                "data_preprocessor to dict(type='PairedResolutionPreprocessor', "
                'with_hr=True).'
            )
        return self.hr_branch(hr_inputs)


def _avg_factor(pair: RoIPair) -> Tensor:
    """Number of judged RoIs, mean over the processes, at least 1."""
    return reduce_mean(pair.fake.new_tensor(float(len(pair.fake)))).clamp(min=1)
