"""A teacher that sees as much of the scene as the LR network.

Shapes and strides are those of :mod:`.teacher`.
"""

import math

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmdet.models.backbones import ResNet
from mmdet.models.necks import FPN
from mmdet.registry import MODELS

from ...utils.deprecation import register_old_name
from .teacher import Teacher


@MODELS.register_module()
class AtrousTeacher(Teacher):
    """Teacher with a matched relative receptive field.

    In an image of ``r`` times the size the same network sees ``1 / r`` of the
    scene's width that it sees in the LR image, so that a feature of the HR image
    tells of other surroundings (Noh et al., ICCV 2019). Here every kernel of the
    copy is dilated by ``r``; its weights are the detector's.

    What follows from the algebra of dilation: as strides multiply positions
    just as ``r`` does, cell ``r * i`` of a backbone level is what the LR network
    gives at cell ``i`` of the image sub-sampled by ``r``, and the cells between
    are those of the other sub-samplings. So the statistics are those of the LR
    scale (take weights trained there), on a grid that is ``r`` times as fine.
    In the FPN this holds for the levels without a top-down path into them. The
    others are approximate: nearest-neighbour enlargement rounds down to the
    cells of its own grid, which moves every second contribution by ``r / 2``
    cells of the coarser HR level, half a cell of the LR's.

    Args:
        backbone (nn.Module): The detector's, of mmdet's ResNet family; copied.
        neck (nn.Module, optional): The detector's FPN; copied.
        scale_factor (int): ``r``; must equal the data preprocessor's.
        **kwargs: Arguments of :class:`Teacher`.

    Raises:
        ValueError: Another backbone or neck, or a layer with a kernel that is
            neither a convolution nor a maximum.
    """

    def __init__(
        self,
        backbone: nn.Module,
        neck: nn.Module | None,
        scale_factor: int = 2,
        **kwargs,
    ) -> None:
        if not isinstance(backbone, ResNet) or not isinstance(neck, FPN | None):
            raise ValueError(
                'teacher.type is AtrousTeacher but backbone and neck are '
                f'{type(backbone).__name__} and {type(neck).__name__}; it dilates '
                "ResNets and FPNs only, so take type='Teacher'."
            )
        super().__init__(backbone, neck, **kwargs)
        self.scale_factor = scale_factor
        for parent in list(self.ema.module.modules()):
            for name, child in parent.named_children():
                setattr(parent, name, _dilate(name, child, scale_factor))

    def check_scale_factor(self, scale_factor: int) -> None:
        """Refuse pairs of another scale than the kernels are dilated by.

        Args:
            scale_factor (int): ``r`` of the data preprocessor.

        Raises:
            ValueError: It is another.
        """
        if self.scale_factor != scale_factor:
            raise ValueError(
                f'teacher.scale_factor is {self.scale_factor} but '
                f'data_preprocessor.scale_factor is {scale_factor}; make them equal.'
            )

    def check_roi_head(self, roi_head: nn.Module) -> None:
        """Refuse RoIs that would be pooled from another level than they are in LR.

        Levels of the same index have the same receptive field in the scene here;
        the rule of levels would send RoIs of ``r`` times the size to the next one.

        Args:
            roi_head (nn.Module): The detector's.

        Raises:
            ValueError: The largest small RoI, enlarged by ``r``, leaves level 0.
        """
        limit = 2 * roi_head.first_extractor.finest_scale / self.scale_factor
        if roi_head.max_small_side > limit:
            raise ValueError(
                f'roi_head.max_small_side is {roi_head.max_small_side}; with '
                f'AtrousTeacher it must be at most {limit:g}, 2 * '
                'bbox_roi_extractor.finest_scale / teacher.scale_factor, so that RoIs '
                'and their targets are pooled from the same level.'
            )


def _dilate(name: str, module: nn.Module, rate: int) -> nn.Module:
    """Multiply dilation and padding of one layer; its keys in checkpoints stay."""
    kernel = getattr(module, 'kernel_size', 1)
    # A ConvModule repeats what its convolution says.
    if kernel in (1, (1, 1)) or isinstance(module, ConvModule):
        return module
    if isinstance(module, nn.Conv2d):
        module.dilation = tuple(rate * x for x in module.dilation)
        module.padding = tuple(rate * x for x in module.padding)
        return module
    if isinstance(module, nn.MaxPool2d):
        # torch pads a maximum by at most half of the kernel before dilation.
        return nn.Sequential(
            nn.ConstantPad2d(rate * module.padding, -math.inf),
            nn.MaxPool2d(
                kernel,
                module.stride,
                dilation=rate * module.dilation,
                ceil_mode=module.ceil_mode,
            ),
        )
    raise ValueError(
        f"AtrousTeacher cannot dilate '{name}', a {type(module).__name__}; take a "
        "backbone without it, or teacher.type='Teacher'."
    )


register_old_name(MODELS, 'AtrousHRBranch', AtrousTeacher)
