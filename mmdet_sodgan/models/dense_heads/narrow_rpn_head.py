import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import normal_init
from torch import Tensor

from ..utils import full_precision
from .sodgan_rpn_head import SODGANRPNHead


@MODELS.register_module()
class NarrowRPNHead(SODGANRPNHead):
    """RPN head with narrow convolutions of its own for the reconstructed level.

    That level has ``r * r`` times the positions of the next one, so the
    shared full-width 3x3 convolution costs more there than the generator that
    made it. Its narrow convolutions cost ``(C * c + 9 * c * c) / (9 * C * C)`` of
    it, 3 % with C = 128 and c = 32. The other levels share the usual ones.

    Args:
        narrow_channels (int): ``c``, width on the reconstructed level.
        **kwargs: Arguments of mmdet's ``RPNHead``.
    """

    added_weights = ('narrow',)

    def __init__(self, *args, narrow_channels: int = 32, **kwargs) -> None:
        self.narrow_channels = narrow_channels
        super().__init__(*args, **kwargs)

    def _init_layers(self) -> None:
        super()._init_layers()
        width, anchors = self.narrow_channels, self.num_base_priors
        self.narrow = nn.Sequential(
            ConvModule(self.in_channels, width, 1),
            ConvModule(width, width, 3, padding=1),
        )
        self.narrow_cls = nn.Conv2d(width, anchors * self.cls_out_channels, 1)
        box_dim = self.bbox_coder.encode_size
        self.narrow_reg = nn.Conv2d(width, anchors * box_dim, 1)

    def init_weights(self) -> None:
        """Draw the predictions' weights as mmdet does, the convolutions' by Kaiming."""
        if not self.is_init:
            super().init_weights()
            for layer in self.narrow:
                layer.init_weights()
            for layer in (self.narrow_cls, self.narrow_reg):
                normal_init(layer, std=0.01)

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], list[Tensor]]:
        """Scores and deltas of all levels.

        Args:
            x (tuple[Tensor, ...]): Levels ``(N, C, H_l, W_l)``, the
                reconstructed one first.

        Returns:
            tuple[list[Tensor], list[Tensor]]: A level's scores
            ``(N, A, H_l, W_l)`` and deltas ``(N, 4 * A, H_l, W_l)``.
        """
        scores, deltas = super().forward(x[1:])
        hidden = self.narrow(x[0])
        first = (full_precision(f(hidden)) for f in (self.narrow_cls, self.narrow_reg))
        score, delta = first
        return [score, *scores], [delta, *deltas]
