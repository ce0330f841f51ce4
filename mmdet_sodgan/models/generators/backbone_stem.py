import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from .blocks import enlarge


class BackboneStem(BaseModule):
    """Detail that a backbone's first stages find in the enlarged LR image.

    The stages are those of the host's backbone, from the level under its finest pyramid
    level on, with weights of their own, which start as the host's
    (:class:`SubspaceStartHook`) and so as the teacher's. They take the place of a stem
    and blocks that start from random weights, and pay where they are light, as
    MobileNetV2's are (docs/lab_notes/experiments.md, section 24).

    Shapes, with the letters of :mod:`.pyramid_generator` and ``l = 0, 1, ...``:

        image    ``(N, 3, H, W)``, enlarged to ``(N, 3, r*H, r*W)``
        levels   ``(N, K_l, r*H/(2**l*s), r*W/(2**l*s))``
        result   ``(N, c, r*H/s, r*W/s)``, the sum of all in c channels

    Args:
        stages (dict): Config of a backbone that ends with its last output.
        channels (int): ``c``.
        in_stride (int): ``s``, the first level's in pixels of the enlarged image.
        scale_factor (int): ``r``.
        norm_cfg (dict, optional): Normalisation of what is summed.

    Raises:
        ValueError: The levels are others.
    """

    def __init__(
        self,
        stages: dict,
        channels: int,
        in_stride: int,
        scale_factor: int,
        norm_cfg: dict | None,
    ) -> None:
        super().__init__()
        self.scale_factor = scale_factor
        self.stages = MODELS.build(stages)
        self.mix = nn.ModuleList(
            ConvModule(width, channels, 1, norm_cfg=norm_cfg, act_cfg=None)
            for width in self._widths(in_stride)
        )

    def weights_in(self, backbone: nn.Module) -> dict[str, Tensor]:
        """The weights that the stages start from.

        Args:
            backbone (nn.Module): The host's.

        Raises:
            ValueError: It has none of these names and shapes.
        """
        found = backbone.state_dict()
        for name, value in self.stages.state_dict().items():
            if name not in found or found[name].shape != value.shape:
                raise ValueError(
                    f'generator.image_stem has {name} of {tuple(value.shape)}, which '
                    'model.backbone has not; give the first stages of that backbone, '
                    'or image_stem=True.'
                )
        return {name: found[name] for name in self.stages.state_dict()}

    def start_from(self, backbone: nn.Module) -> None:
        """Start as the first stages of the host.

        Args:
            backbone (nn.Module): The host's.
        """
        self.stages.load_state_dict(self.weights_in(backbone))

    def forward(self, image: Tensor) -> Tensor:
        """Look at an image; shapes at the head of this class."""
        # Half-pixel centres, on which images are degraded.
        image = F.interpolate(image, scale_factor=self.scale_factor, mode='bilinear')
        levels = zip(self.mix, self.stages(image), strict=True)
        first, *coarser = (mix(x) for mix, x in levels)
        return first + sum(enlarge(x, 2**i) for i, x in enumerate(coarser, 1))

    @torch.no_grad()
    def _widths(self, stride: int) -> list[int]:
        """Channels of the levels, whose strides are checked."""
        side = 64
        self.stages.eval()
        levels = self.stages(torch.zeros(1, 3, side, side))
        self.stages.train()
        found = [side // x.shape[-1] for x in levels]
        expected = [stride * 2**i for i in range(len(levels))]
        if found != expected:
            raise ValueError(
                f'generator.image_stem has levels of strides {found}, but with '
                f'in_stride {stride} they must be {expected}; set its out_indices.'
            )
        return [x.shape[1] for x in levels]
