"""The multi-task discriminator.

Shapes, with ``m`` RoIs and ``k`` the side of a pooled feature:

    input  ``(m, C, k, k)``     RoI features from z_SR or z_HR, as the box head
                                sees them
    output adversarial logit ``(m,)``, class logits ``(m, K + 1)`` with the
           background last, box deltas ``(m, 4)``
"""

from typing import TYPE_CHECKING, NamedTuple

import torch.nn as nn
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm as apply_spectral_norm

if TYPE_CHECKING:
    from ..losses import CompositeLoss


class DiscriminatorOutput(NamedTuple):
    """What the discriminator says of ``m`` RoI features.

    Attributes:
        logits (Tensor, optional): Real (positive) against fake, ``(m,)``.
        cls_logits (Tensor, optional): ``(m, K + 1)``, background last.
        deltas (Tensor, optional): Encoded box offsets ``(m, 4)``, in the code
            of the RoI head's box coder.
    """

    logits: Tensor | None
    cls_logits: Tensor | None
    deltas: Tensor | None

    def split(self, m: int) -> 'tuple[DiscriminatorOutput, DiscriminatorOutput]':
        """Part what D says of the first ``m`` samples from the rest."""
        parts = (slice(m), slice(m, None))
        return tuple(
            DiscriminatorOutput(*(x if x is None else x[part] for x in self))
            for part in parts
        )


@MODELS.register_module()
class MultiTaskDiscriminator(BaseModule):
    """Real/fake, class and box from RoI features (source, "Our Framework").

    There is no batch normalisation: a batch may hold no RoI at all, and the
    statistics of real and fake must not mix.

    Args:
        in_channels (int): ``C``.
        num_classes (int): ``K``, foreground classes; must equal the RoI
            head's.
        roi_feat_size (int): ``k``.
        conv_channels (int): Width of the convolutions.
        num_convs (int): 3x3 convolutions, each halving the side.
        fc_channels (int): Width of the shared fully connected layer.
        with_adv (bool): Whether there is a real/fake head.
        with_cls (bool): Whether there is a class head.
        with_reg (bool): Whether there is a box head.
            :class:`SODGAN` sets these three from the composite loss: a head
            without loss would be an unused parameter.
        spectral_norm (bool): Spectral normalisation of every layer but the
            class and box heads (Miyato et al., ICLR 2018).
        init_cfg (dict, optional): Initialisation.
    """

    def __init__(
        self,
        in_channels: int = 256,
        num_classes: int = 80,
        roi_feat_size: int = 7,
        conv_channels: int = 128,
        num_convs: int = 2,
        fc_channels: int = 256,
        with_adv: bool = True,
        with_cls: bool = True,
        with_reg: bool = True,
        spectral_norm: bool = True,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.roi_feat_size = roi_feat_size
        normalise = apply_spectral_norm if spectral_norm else nn.Identity()
        side, channels = roi_feat_size, in_channels
        convs = []
        for _ in range(num_convs):
            conv = nn.Conv2d(channels, conv_channels, 3, stride=2, padding=1)
            convs += [normalise(conv), nn.LeakyReLU(0.2)]
            side, channels = (side + 1) // 2, conv_channels
        self.convs = nn.Sequential(*convs)
        self.fc = normalise(nn.Linear(channels * side * side, fc_channels))
        self.adv = normalise(nn.Linear(fc_channels, 1)) if with_adv else None
        self.cls = nn.Linear(fc_channels, num_classes + 1) if with_cls else None
        self.reg = nn.Linear(fc_channels, 4) if with_reg else None

    def forward(self, roi_feats: Tensor) -> DiscriminatorOutput:
        """Say of RoI features whether they are real, of which class and where.

        Args:
            roi_feats (Tensor): ``(m, C, k, k)``; ``m`` may be 0.

        Returns:
            DiscriminatorOutput: Logits, class logits and box deltas.
        """
        x = F.leaky_relu(self.fc(self.convs(roi_feats).flatten(1)), 0.2)
        return DiscriminatorOutput(
            None if self.adv is None else self.adv(x).squeeze(1),
            None if self.cls is None else self.cls(x),
            None if self.reg is None else self.reg(x),
        )


def build_discriminator(
    cfg: dict | None, composite_loss: 'CompositeLoss', defaults: dict
) -> nn.Module | None:
    """Build the discriminator of a detector, with the heads that have a loss.

    Args:
        cfg (dict, optional): Config of the discriminator, without which it is a
            :class:`MultiTaskDiscriminator`.
        composite_loss (CompositeLoss): The detector's.
        defaults (dict): ``num_classes``, ``in_channels`` and ``roi_feat_size`` of
            what it sees, for those that ``cfg`` leaves out.

    Returns:
        nn.Module | None: None where no term needs it.

    Raises:
        ValueError: It has other classes than the detector.
    """
    if not composite_loss.needs_discriminator:
        return None
    heads = {
        f'with_{name}': name in composite_loss.terms for name in ('adv', 'cls', 'reg')
    }
    cfg = dict(type='MultiTaskDiscriminator') | defaults | heads | (cfg or {})
    if cfg['num_classes'] != defaults['num_classes']:
        raise ValueError(
            f'discriminator.num_classes is {cfg["num_classes"]} but '
            f"the detector's box head has num_classes {defaults['num_classes']}; "
            'make them equal.'
        )
    return MODELS.build(cfg)
