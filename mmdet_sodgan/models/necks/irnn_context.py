from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from .four_direction_irnn import FourDirectionIRNN


@MODELS.register_module()
class IRNNContext(BaseModule):
    """Features of the whole image at every position of the last map.

    Context features of the Inside-Outside Net (Bell et al., CVPR 2016, section 3.2):
    two stacked four-directional IRNNs, mixed by 1x1 convolutions before, between and
    behind. So every position has seen every other. Its semantic segmentation loss,
    which the paper calls optional, is not here.

    Args:
        in_channels (int): Width of the last map, of the networks and of the result.
        init_cfg (dict): As in mmengine.
    """

    def __init__(self, in_channels: int = 512, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg or dict(type='Xavier', layer='Conv2d'))
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, 1),
            FourDirectionIRNN(in_channels),
            nn.Conv2d(4 * in_channels, in_channels, 1),
            FourDirectionIRNN(in_channels),
            nn.Conv2d(4 * in_channels, in_channels, 1),
            nn.ReLU(),
        )

    def forward(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Add a map of context.

        Args:
            inputs (tuple[Tensor]): Maps ``(N, C_l, H_l, W_l)``, the last of
                ``in_channels``.

        Returns:
            tuple[Tensor]: The context, of the size of the last map, then the inputs.
        """
        return self.layers(inputs[-1]), *inputs
