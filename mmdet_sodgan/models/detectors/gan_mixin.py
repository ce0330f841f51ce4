"""The GAN's part of a detector, whatever the place of its generator.

Shapes, with ``m`` the judged RoIs: D sees ``(m, C', k, k)`` of G's result (fake)
and of the HR image (real).
"""

import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.utils import reduce_mean
from mmengine.optim import OptimWrapperDict
from torch import Tensor
from torch.func import functional_call

from ...engine.alternating_step import alternating_step
from ..utils import GANSchedule, RoIPair, clip_boxes


class GANMixin:
    """What every place of the generator shares; goes before mmdet's detector.

    A subclass builds its generator, calls :meth:`_build_gan` and says in
    :meth:`loss_and_pair` which features G makes and which RoIs D judges.

    Attributes:
        training_only (tuple[str, ...]): Children that inference does not run; a
            published checkpoint needs no weights of theirs.
    """

    training_only = ('discriminator', 'hr_branch')

    def _build_gan(
        self, judged: dict, composite_loss: dict, discriminator: dict | None
    ) -> None:
        """Build losses and discriminator.

        Args:
            judged (dict): ``num_classes``, ``in_channels`` and
                ``roi_feat_size`` of what D sees, for those that the config of
                the discriminator leaves out.
            composite_loss (dict): Config of :class:`CompositeLoss`.
            discriminator (dict, optional): Config of the discriminator. Not
                built when no term of the composite loss needs it.

        Raises:
            ValueError: D is needed and not configured, or has other classes
                than the detector.
        """
        self.composite_loss = MODELS.build(dict(type='CompositeLoss') | composite_loss)
        self.discriminator = None
        self.hr_branch = None
        self.gan_schedule = GANSchedule()
        if not self.composite_loss.needs_discriminator:
            return
        if discriminator is None:
            raise ValueError(
                'composite_loss has adv, cls or reg terms but model.discriminator is '
                'None; give a discriminator or set these terms to None.'
            )
        heads = {
            f'with_{name}': name in self.composite_loss.terms
            for name in ('adv', 'cls', 'reg')
        }
        cfg = judged | heads | discriminator
        if cfg['num_classes'] != judged['num_classes']:
            raise ValueError(
                f'discriminator.num_classes is {cfg["num_classes"]} but '
                f"the detector's box head has num_classes {judged['num_classes']}; "
                'make them equal.'
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

    def loss_and_pair(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> tuple[dict[str, Tensor], RoIPair]:
        """One forward for both updates.

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            tuple[dict[str, Tensor], RoIPair]: Detection and reconstruction
            losses; what the discriminator judges.

        Raises:
            ValueError: A term needs the HR image and there is none.
        """
        raise NotImplementedError

    def compared_maps(self, batch_inputs, hr_inputs=None) -> dict[str, Tensor]:
        """As :meth:`PyramidMixin.compared_maps`; empty where G makes no whole map."""
        return {}

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """As mmdet's detectors; boxes end where the image ends.

        An LR image of 171 / 2 pixels has 86 rows, so the RoI head's own clipping
        lets a box reach half a row beyond the original image. (It does so, too,
        in a plain detector with this project's data preprocessor.)

        Args:
            batch_inputs (Tensor): LR images ``(N, 3, H, W)``.
            batch_data_samples (list[DetDataSample]): N samples, with
                ``ori_shape`` in their meta where ``rescale``.
            rescale (bool): Boxes in pixels of the original image, else of
                the LR image.

        Returns:
            list[DetDataSample]: The samples with ``pred_instances``.
        """
        samples = super().predict(batch_inputs, batch_data_samples, rescale)
        if rescale:
            for sample in samples:
                clip_boxes(sample.pred_instances.bboxes, sample.ori_shape)
        return samples

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
        if self.composite_loss.penalises_gradient:
            pair = pair._replace(real=pair.real.detach().requires_grad_())
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

    def _detection_losses(self, *args) -> dict[str, Tensor]:
        """The host detector's own."""
        return super().loss(*args)

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


def _avg_factor(pair: RoIPair) -> Tensor:
    """Number of judged RoIs, mean over the processes, at least 1."""
    return reduce_mean(pair.fake.new_tensor(float(len(pair.fake)))).clamp(min=1)
