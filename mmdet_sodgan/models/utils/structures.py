"""Small records that travel between detector, RoI head, losses and hook."""

from typing import NamedTuple

from torch import Tensor


class RoISamples(NamedTuple):
    """The sampled RoIs of a batch that the discriminator judges.

    Attributes:
        feats (Tensor): Their features as the box head sees them, pooled from
            z_SR, ``(m, C', k, k)``, with gradient.
        rois (Tensor): ``(m, 5)``: index of the image, x1, y1, x2, y2 in
            pixels of the LR image.
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
    """RoI features of both branches, with what is true of them.

    Attributes:
        fake (Tensor): Pooled from z_SR, ``(m, C', k, k)``.
        real (Tensor, optional): Pooled from z_HR, ``(m, C', k, k)``, no
            gradient; None when D takes no step in this iteration.
        labels (Tensor): ``(m,)``, see :class:`RoISamples`.
        targets (Tensor): ``(m, 4)``.
        positive (Tensor): Bool ``(m,)``.
    """

    fake: Tensor
    real: Tensor | None
    labels: Tensor
    targets: Tensor
    positive: Tensor


class GANSchedule(NamedTuple):
    """What an iteration does; set by :class:`AlternatingOptimHook`.

    Attributes:
        adversarial (float): Weight of the terms that G receives through D.
        reconstruction (float): Weight of L_MSE and L_TV.
        discriminator_steps (int): Updates of D.
    """

    adversarial: float = 1.0
    reconstruction: float = 1.0
    discriminator_steps: int = 1
