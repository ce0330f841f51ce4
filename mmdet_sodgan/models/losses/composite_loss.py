import math
from collections.abc import Sequence

import torch
import torch.nn as nn
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.utils import reduce_mean
from torch import Tensor
from torch.func import functional_call

from ...structures import SampledRoIs
from ..utils import region_masks, resample

TERMS = dict(
    adv='AdversarialLoss',
    cls='DiscriminatorClsLoss',
    reg='DiscriminatorRegLoss',
    mse='FeatureMSELoss',
    tv='TotalVariationLoss',
    align='FeatureMSELoss',
)


@MODELS.register_module()
class CompositeLoss(nn.Module):
    """The source's objective without the detector's own losses.

    ``alpha L_adv + beta L_cls + gamma L_reg + L_TV + L_MSE`` for G, and D's
    own loss plus L_cls and L_reg at weight 1 for D. A term that is None or
    whose ``loss_weight`` is 0 is not built; what only it needed (the HR pass,
    the discriminator) is then not run.

    Args:
        adv (dict, optional): Config of :class:`AdversarialLoss`.
        cls (dict, optional): Config of :class:`DiscriminatorClsLoss`.
        reg (dict, optional): Config of :class:`DiscriminatorRegLoss`.
        mse (dict, optional): Config of :class:`FeatureMSELoss`.
        tv (dict, optional): Config of :class:`TotalVariationLoss`.
        align (dict, optional): Config of a :class:`FeatureMSELoss` between the
            ordinary levels and the HR pyramid; not in the source. For a
            teacher: an average would pull the network towards itself.
            In each the ``type`` may be left out.
    """

    def __init__(
        self,
        adv: dict | None = None,
        cls: dict | None = None,
        reg: dict | None = None,
        mse: dict | None = None,
        tv: dict | None = None,
        align: dict | None = None,
    ) -> None:
        super().__init__()
        self.terms = nn.ModuleDict()
        for name, cfg in dict(
            adv=adv, cls=cls, reg=reg, mse=mse, tv=tv, align=align
        ).items():
            if cfg is not None and cfg.get('loss_weight') != 0:
                self.terms[name] = MODELS.build(dict(type=TERMS[name]) | dict(cfg))

    @property
    def needs_discriminator(self) -> bool:
        """Whether any term goes through D."""
        return not self.terms.keys().isdisjoint(('adv', 'cls', 'reg'))

    @property
    def needs_hr(self) -> bool:
        """Whether features are compared with the HR image's directly."""
        return not self.terms.keys().isdisjoint(('mse', 'align'))

    @property
    def reconstructs(self) -> bool:
        """Whether there are terms of reconstruction: L_MSE, L_TV or L_align."""
        return not self.terms.keys().isdisjoint(('mse', 'tv', 'align'))

    @property
    def aligns_pyramid(self) -> bool:
        """Whether :meth:`alignment` gives any loss."""
        return 'align' in self.terms

    def reconstruction(
        self,
        sr: Tensor,
        hr: Tensor | None,
        valid: Tensor,
        foreground: Tensor,
        weight: float,
    ) -> dict[str, Tensor]:
        """L_MSE and L_TV.

        Args:
            sr (Tensor): z_SR, ``(N, C, H, W)``.
            hr (Tensor, optional): z_HR, ``(N, C, H, W)``; None where there is
                no L_MSE.
            valid (Tensor): Bool ``(N, H, W)``, inside the images.
            foreground (Tensor): Bool ``(N, H, W)``, inside small objects.
            weight (float): The schedule's at this iteration.

        Returns:
            dict[str, Tensor]: ``loss_mse``, ``loss_tv``.
        """
        losses = {}
        if 'mse' in self.terms:
            losses['loss_mse'] = self.terms['mse'](sr, hr, valid, foreground)
        if 'tv' in self.terms:
            losses['loss_tv'] = self.terms['tv'](sr, valid)
        return {name: weight * loss for name, loss in losses.items()}

    def alignment(
        self,
        levels: Sequence[Tensor],
        strides: Sequence[int],
        targets: Sequence[Tensor],
        scale_factor: float,
        data_samples: list[DetDataSample],
        weight: float,
    ) -> dict[str, Tensor]:
        """L_align: the ordinary levels against the HR pyramid, shifted by log2 r.

        An object has as many cells in level ``l`` of the LR image as in level
        ``l + log2 r`` of the HR image, and the heads, shared by all levels, came
        from the HR image's (scale-consistent distillation: Qi et al., Multi-scale
        Aligned Distillation for Low-Resolution Detection, CVPR 2021). Where ``r`` is
        no power of two, as for an LR image that was enlarged, the shift is rounded
        down and :func:`resample` does the rest.

        Args:
            levels (Sequence[Tensor]): Of the LR image, ``(N, C, H_l, W_l)``.
            strides (Sequence[int]): Of ``levels``, in pixels of the LR image.
            targets (Sequence[Tensor]): All of the HR image, finest first.
            scale_factor (float): ``r``, side of the HR image over that of the image
                that ``levels`` are of.
            data_samples (list[DetDataSample]): N samples, in pixels of the latter.
            weight (float): The schedule's at this iteration.

        Returns:
            dict[str, Tensor]: ``loss_align``, mean over the levels; empty if no
            two levels correspond.
        """
        shift = int(math.log2(scale_factor))
        targets, step = targets[shift:], scale_factor / 2**shift
        losses = []
        for level, target, stride in zip(levels, targets, strides, strict=False):
            # These levels hold objects of all sizes.
            masks = region_masks(data_samples, level, stride, math.inf)
            target = resample(target, step, level.shape[-2:])
            losses.append(weight * self.terms['align'](level, target, *masks))
        return {'loss_align': sum(losses) / len(losses)} if losses else {}

    def adversarial_losses(
        self, discriminator: nn.Module, rois: SampledRoIs, weight: float
    ) -> dict[str, Tensor]:
        """What G receives through the frozen discriminator.

        Args:
            discriminator (nn.Module): D, whose parameters take no gradient here.
            rois (SampledRoIs): The ``m`` RoIs that D compares.
            weight (float): The schedule's at this iteration.

        Returns:
            dict[str, Tensor]: ``loss_g_adv``, ``loss_g_cls``, ``loss_g_reg``.
        """
        frozen = {k: v.detach() for k, v in discriminator.named_parameters()}
        training = discriminator.training
        # Evaluation mode: spectral normalisation does not move its buffers, so that
        # D is the same before and after.
        discriminator.eval()
        fake = functional_call(discriminator, frozen, (rois.feats,))
        discriminator.train(training)
        m, losses = _avg_factor(rois), {}
        if 'adv' in self.terms:
            losses['loss_g_adv'] = self.terms['adv'](fake.logits, m)
        if 'cls' in self.terms:
            losses['loss_g_cls'] = self.terms['cls'](fake.cls_logits, rois.labels, m)
        if 'reg' in self.terms:
            losses['loss_g_reg'] = self.terms['reg'](
                fake.deltas, rois.targets, rois.positive, m
            )
        return {name: weight * loss for name, loss in losses.items()}

    def discriminator_losses(
        self, discriminator: nn.Module, rois: SampledRoIs
    ) -> dict[str, Tensor]:
        """D's own objective, and its mean output for the log; G is not touched.

        Args:
            discriminator (nn.Module): D, or its wrapper for distributed training.
            rois (SampledRoIs): The ``m`` RoIs, with ``hr_feats``.

        Returns:
            dict[str, Tensor]: ``loss_d_real``, ``loss_d_fake``, ``loss_d_cls``,
            ``loss_d_reg``; ``d_real`` and ``d_fake``, mean probability of being real.
        """
        output = discriminator(torch.cat([rois.hr_feats, rois.feats.detach()]))
        real, fake = output.split(len(rois.feats))
        m, losses = _avg_factor(rois), {}
        if 'adv' in self.terms:
            losses['loss_d_real'], losses['loss_d_fake'] = self.terms[
                'adv'
            ].discriminator_loss(real.logits, fake.logits, m)
            for name, each in (('d_real', real), ('d_fake', fake)):
                probability = each.logits.detach().float().sigmoid()
                losses[name] = probability.sum() / m
        if 'cls' in self.terms:
            losses['loss_d_cls'] = sum(
                self.terms['cls'].discriminator_loss(each.cls_logits, rois.labels, m)
                for each in (real, fake)
            )
        if 'reg' in self.terms:
            losses['loss_d_reg'] = self.terms['reg'].discriminator_loss(
                fake.deltas, rois.targets, rois.positive, m
            )
        return losses


def _avg_factor(rois: SampledRoIs) -> Tensor:
    """Number of RoIs, mean over the processes, at least 1."""
    return reduce_mean(rois.feats.new_tensor(float(len(rois.feats)))).clamp(min=1)
