import torch.nn as nn
from mmdet.registry import MODELS
from torch import Tensor

from ..discriminators import Judgement
from ..utils import RoIPair

TERMS = dict(
    adv='AdversarialLoss',
    r1='R1Penalty',
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
        r1 (dict, optional): Config of :class:`R1Penalty`; part of D's own
            objective, and only beside ``adv``.
        cls (dict, optional): Config of :class:`DiscriminatorClsLoss`.
        reg (dict, optional): Config of :class:`DiscriminatorRegLoss`.
        mse (dict, optional): Config of :class:`FeatureMSELoss`.
        tv (dict, optional): Config of :class:`TotalVariationLoss`.
        align (dict, optional): Config of a :class:`FeatureMSELoss` between the
            ordinary levels and the HR pyramid; not in the source. For a
            teacher: an average would pull the network towards itself.
            In each the ``type`` may be left out.

    Raises:
        ValueError: ``r1`` without ``adv``.
    """

    def __init__(
        self,
        adv: dict | None = None,
        r1: dict | None = None,
        cls: dict | None = None,
        reg: dict | None = None,
        mse: dict | None = None,
        tv: dict | None = None,
        align: dict | None = None,
    ) -> None:
        super().__init__()
        self.terms = nn.ModuleDict()
        for name, cfg in dict(
            adv=adv, r1=r1, cls=cls, reg=reg, mse=mse, tv=tv, align=align
        ).items():
            if cfg is not None and cfg.get('loss_weight') != 0:
                self.terms[name] = MODELS.build(dict(type=TERMS[name]) | dict(cfg))
        if self.penalises_gradient and 'adv' not in self.terms:
            raise ValueError(
                "composite_loss.r1 penalises the slope of D's real/fake output but "
                'there is no adv term; give composite_loss.adv or set r1 to None.'
            )

    @property
    def needs_discriminator(self) -> bool:
        """Whether any term is judged by D."""
        return not self.terms.keys().isdisjoint(('adv', 'cls', 'reg'))

    @property
    def penalises_gradient(self) -> bool:
        """Whether D's loss needs its gradient on the real features."""
        return 'r1' in self.terms

    @property
    def needs_reconstruction_target(self) -> bool:
        """Whether features are compared with the HR image's directly."""
        return not self.terms.keys().isdisjoint(('mse', 'align'))

    @property
    def has_reconstruction_terms(self) -> bool:
        """Whether :meth:`reconstruction` gives any loss."""
        return not self.terms.keys().isdisjoint(('mse', 'tv', 'align'))

    @property
    def aligns_pyramid(self) -> bool:
        """Whether :meth:`alignment` gives any loss."""
        return 'align' in self.terms

    def alignment(
        self,
        level: Tensor,
        target: Tensor,
        valid: Tensor,
        foreground: Tensor,
        scale: float,
    ) -> Tensor:
        """L_align of one ordinary level; shapes as in :meth:`reconstruction`.

        Args:
            level (Tensor): Of the LR image, ``(N, C, H, W)``.
            target (Tensor): Level of the HR image on the same grid.
            valid (Tensor): Bool ``(N, H, W)``, inside the images.
            foreground (Tensor): Bool ``(N, H, W)``, inside objects.
            scale (float): The schedule's weight at this iteration.

        Returns:
            Tensor: Scalar.
        """
        return scale * self.terms['align'](level, target, valid, foreground)

    def reconstruction(
        self,
        sr: Tensor,
        hr: Tensor | None,
        valid: Tensor,
        foreground: Tensor,
        scale: float,
    ) -> dict[str, Tensor]:
        """L_MSE and L_TV.

        Args:
            sr (Tensor): z_SR, ``(N, C, H, W)``.
            hr (Tensor, optional): z_HR, ``(N, C, H, W)``; None where there is
                no L_MSE.
            valid (Tensor): Bool ``(N, H, W)``, inside the images.
            foreground (Tensor): Bool ``(N, H, W)``, inside small objects.
            scale (float): The schedule's weight at this iteration.

        Returns:
            dict[str, Tensor]: ``loss_mse``, ``loss_tv``.
        """
        losses = {}
        if 'mse' in self.terms:
            losses['loss_mse'] = self.terms['mse'](sr, hr, valid, foreground)
        if 'tv' in self.terms:
            losses['loss_tv'] = self.terms['tv'](sr, valid)
        return {name: scale * loss for name, loss in losses.items()}

    def generator(
        self, judged: Judgement, pair: RoIPair, avg_factor: Tensor, scale: float
    ) -> dict[str, Tensor]:
        """What G receives through D.

        Args:
            judged (Judgement): D on z_SR's ``m`` RoIs.
            pair (RoIPair): Their labels and box targets.
            avg_factor (Tensor): ``m``, mean over the processes, at least 1.
            scale (float): The schedule's weight at this iteration.

        Returns:
            dict[str, Tensor]: ``loss_g_adv``, ``loss_g_cls``, ``loss_g_reg``.
        """
        losses = {}
        if 'adv' in self.terms:
            losses['loss_g_adv'] = self.terms['adv'](judged.logits, avg_factor)
        if 'cls' in self.terms:
            term = self.terms['cls']
            losses['loss_g_cls'] = term.loss_weight * term(
                judged.cls_logits, pair.labels, avg_factor
            )
        if 'reg' in self.terms:
            term = self.terms['reg']
            losses['loss_g_reg'] = term.loss_weight * term(
                judged.deltas, pair.targets, pair.positive, avg_factor
            )
        return {name: scale * loss for name, loss in losses.items()}

    def discriminator(
        self, real: Judgement, fake: Judgement, pair: RoIPair, avg_factor: Tensor
    ) -> dict[str, Tensor]:
        """D's own objective, and its mean output for the log.

        Args:
            real (Judgement): D on z_HR's ``m`` RoIs.
            fake (Judgement): D on z_SR's, detached from G.
            pair (RoIPair): Labels and box targets of the RoIs; with r1, its
                ``real`` is the leaf that D was called with.
            avg_factor (Tensor): ``m``, mean over the processes, at least 1.

        Returns:
            dict[str, Tensor]: ``loss_d_real``, ``loss_d_fake``,
            ``loss_d_r1``, ``loss_d_cls``, ``loss_d_reg``; ``d_real`` and ``d_fake``,
            mean probability of being real.
        """
        losses = {}
        if 'adv' in self.terms:
            losses['loss_d_real'], losses['loss_d_fake'] = self.terms[
                'adv'
            ].discriminator_loss(real.logits, fake.logits, avg_factor)
            for name, judged in (('d_real', real), ('d_fake', fake)):
                probability = judged.logits.detach().float().sigmoid()
                losses[name] = probability.sum() / avg_factor
        if self.penalises_gradient:
            losses['loss_d_r1'] = self.terms['r1'](real.logits, pair.real, avg_factor)
        if 'cls' in self.terms:
            losses['loss_d_cls'] = sum(
                self.terms['cls'](judged.cls_logits, pair.labels, avg_factor)
                for judged in (real, fake)
            )
        if 'reg' in self.terms:
            losses['loss_d_reg'] = self.terms['reg'](
                fake.deltas, pair.targets, pair.positive, avg_factor
            )
        return losses
