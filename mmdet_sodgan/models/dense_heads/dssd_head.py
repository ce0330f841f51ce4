from mmdet.registry import MODELS
from torch import Tensor, nn

from ..utils.projected_residual import ProjectedResidual
from .predicting_ssd_head import PredictingSSDHead


@MODELS.register_module()
class DSSDHead(PredictingSSDHead):
    """SSD's head with a residual block before the predictions of each level.

    Prediction module (c) of Fu et al., arXiv 1701.06659, figure 2: three 1x1
    convolutions beside one. The paper draws no normalisation there; BatchNorm
    follows each convolution, as elsewhere in its network.

    Its arguments are those of ``SSDHead``; ``feat_channels`` is the width of the
    blocks' outputs, 1024 in the paper, and that of their inner convolutions is a
    quarter.
    """

    def _init_layers(self) -> None:
        width = self.feat_channels
        self.prediction_modules = nn.ModuleList(
            ProjectedResidual(channels, width) for channels in self.in_channels
        )
        self.in_channels = [width] * len(self.in_channels)
        super()._init_layers()

    def forward(self, x: tuple[Tensor, ...]) -> tuple[list[Tensor], list[Tensor]]:
        """Predict scores and boxes.

        Args:
            x (tuple[Tensor]): Levels ``(N, C_l, H_l, W_l)``, finest first.

        Returns:
            tuple[list[Tensor], list[Tensor]]: Scores ``(N, A * (K + 1), H_l, W_l)``
            and offsets ``(N, 4 * A, H_l, W_l)`` of A default boxes a cell and K
            classes, as of ``SSDHead``.
        """
        blocks = zip(self.prediction_modules, x, strict=True)
        return super().forward(tuple(block(level) for block, level in blocks))
