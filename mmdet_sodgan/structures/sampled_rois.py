"""Small records that travel between detector, RoI head, losses and hook."""

from typing import NamedTuple

from torch import Tensor


class RoISamples(NamedTuple):
    """The sampled RoIs of a batch that the discriminator judges.

    Attributes:
        feats (Tensor): Their features as the box head sees them, pooled from
            z_SR, ``(m, C', k, k)``, with gradient.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2 in
            pixels of the frame in which the detector finds boxes.
        labels (Tensor): ``(m,)`` in [0, K], K the background.
        targets (Tensor): ``(m, 4)``, encoded box targets, 0 where negative.
        positive (Tensor): Bool ``(m,)``, ``label < K``.
    """

    feats: Tensor
    rois: Tensor
    labels: Tensor
    targets: Tensor
    positive: Tensor


class RoIPair(NamedTuple):
    """RoI features, or image crops, of both branches, with what is true of them.

    Attributes:
        fake (Tensor): Pooled from z_SR, ``(m, C', k, k)``.
        real (Tensor, optional): Pooled from z_HR, ``(m, C', k, k)``, no
            gradient; None when D takes no step in this iteration.
        rois (Tensor): ``(m, 5)``, see :class:`RoISamples`.
        labels (Tensor): ``(m,)``, likewise.
        targets (Tensor): ``(m, 4)``.
        positive (Tensor): Bool ``(m,)``.
    """

    fake: Tensor
    real: Tensor | None
    rois: Tensor
    labels: Tensor
    targets: Tensor
    positive: Tensor

    @classmethod
    def of(cls, samples: RoISamples, real: Tensor | None) -> 'RoIPair':
        """Join the samples of the SR branch with the same RoIs of the HR branch.

        Args:
            samples (RoISamples): Of ``m`` RoIs.
            real (Tensor, optional): ``(m, C', k, k)``.
        """
        return cls(samples.feats, real, *samples[1:])


class GANSchedule(NamedTuple):
    """What an iteration does; set by :class:`AlternatingOptimHook`.

    Attributes:
        adversarial (float): Weight of the terms that G receives through D.
        reconstruction (float): Weight of L_MSE, L_TV and L_align.
        discriminator_steps (int): Updates of D.
    """

    adversarial: float = 1.0
    reconstruction: float = 1.0
    discriminator_steps: int = 1
