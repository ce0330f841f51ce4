"""A discriminator that starts from the box head.

Shapes are those of :mod:`.multi_task_discriminator`.
"""

import torch.nn as nn
from mmdet.registry import MODELS
from torch import Tensor

from .multi_task_discriminator import MultiTaskDiscriminator


@MODELS.register_module()
class BoxHeadDiscriminator(MultiTaskDiscriminator):
    """D whose first layer starts from the first one of the detector's box head.

    It takes it from the checkpoint that a training starts from; without one it starts
    from random weights. A student starts from the weights of its teacher, whose box
    head has learnt class and box from the features that D sees as real. So D begins to
    learn where that head is (docs/lab_notes/discriminator.md). No convolution comes
    before the layer, and no spectral normalisation acts on it, as it would scale these
    weights.

    Args:
        fc_channels (int): Width of that layer; must equal the box head's
            ``fc_out_channels``.
        **kwargs: Further arguments of :class:`MultiTaskDiscriminator`, but for
            ``num_convs`` and ``spectral_norm``.
    """

    def __init__(self, fc_channels: int = 1024, **kwargs) -> None:
        super().__init__(
            fc_channels=fc_channels, num_convs=0, spectral_norm=False, **kwargs
        )

    def check_start(self, detector: nn.Module) -> None:
        """Refuse a detector whose box head has no such layer.

        Args:
            detector (nn.Module): That D is a child of.

        Raises:
            ValueError: Names the keys.
        """
        start = _first_layer(detector)
        if start is None:
            raise ValueError(
                'discriminator is a BoxHeadDiscriminator, and the detector has no box '
                'head that begins with a fully connected layer, such as '
                'Shared2FCBBoxHead; take MultiTaskDiscriminator.'
            )
        if start[1].weight.shape != self.fc.weight.shape:
            raise ValueError(
                f'discriminator.fc_channels is {self.fc.out_features}, of '
                f'{self.fc.in_features} inputs, but the first layer of '
                f'roi_head.bbox_head has fc_out_channels {start[1].out_features}, of '
                f'{start[1].in_features}; make them equal.'
            )

    def take_start(
        self, detector: nn.Module, weights: dict[str, Tensor], prefix: str
    ) -> None:
        """Add to a checkpoint that has none of D's the weights that D starts from.

        Args:
            detector (nn.Module): That D is a child of.
            weights (dict[str, Tensor]): By name, changed in place.
            prefix (str): What stands before the detector's own names.
        """
        name, layer = _first_layer(detector)
        own = f'{prefix}discriminator.fc.'
        start = {
            own + k: weights.get(f'{prefix}{name}.{k}') for k in layer.state_dict()
        }
        # Of another form of D a checkpoint may have the bias alone.
        if f'{own}weight' not in weights and None not in start.values():
            weights.update(start)


def _first_layer(detector: nn.Module) -> tuple[str, nn.Linear] | None:
    """First layer of the box head whose RoIs D sees, and its name."""
    head = getattr(getattr(detector, 'roi_head', None), 'first_bbox_head', None)
    if getattr(head, 'num_shared_convs', 1) or not head.num_shared_fcs:
        return None
    layer = head.shared_fcs[0]
    return next((name, x) for name, x in detector.named_modules() if x is layer)
