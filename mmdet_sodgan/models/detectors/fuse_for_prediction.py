import copy

import torch
import torch.nn as nn
from mmdet.models.necks import FPN


@torch.no_grad()
def fuse_for_prediction(model: nn.Module) -> None:
    """Let an FPN compute its finest level in the few channels that are read of it.

    With ``narrow_input`` nothing but the generator's first layer, a 1x1 convolution,
    reads z_LR. The FPN's last convolution takes it into its weights, and predictions
    are the same in less time. Afterwards the detector fits no checkpoint and cannot be
    trained. Others, and those with another neck, stay as they are.

    Args:
        model (nn.Module): Any detector; changed in place.
    """
    generator, neck = (getattr(model, name, None) for name in ('generator', 'neck'))
    if not getattr(generator, 'narrows_input', False) or type(neck) is not FPN:
        return
    last, reduce = neck.fpn_convs[0], generator.reduce
    if isinstance(reduce, nn.Identity) or last.with_norm or last.with_activation:
        return
    weight = reduce.weight.flatten(1)
    fused = copy.deepcopy(last.conv)
    fused.out_channels = len(weight)
    fused.weight = nn.Parameter(torch.tensordot(weight, last.conv.weight, 1))
    fused.bias = nn.Parameter(reduce.bias + weight @ last.conv.bias)
    neck.fpn_convs[0], generator.reduce = fused, nn.Identity()
