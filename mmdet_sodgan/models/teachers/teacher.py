"""The branch that sees the high-resolution image.

Shapes, with ``s`` the stride of the finest pyramid level:

    input  ``(N, 3, r*H, r*W)``         the HR image
    output ``(N, C, r*H/s, r*W/s)``     z_HR, on the grid of z_SR, then the
                                        coarser levels of the neck
"""

import torch
import torch.nn as nn
from mmdet.registry import MODELS
from mmengine.model import BaseModule, ExponentialMovingAverage
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor


class _Pyramid(nn.Module):
    """Backbone and neck."""

    def __init__(self, backbone: nn.Module, neck: nn.Module | None) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        feats = self.backbone(images)
        return feats if self.neck is None else self.neck(feats)


@MODELS.register_module()
class HRBranch(BaseModule):
    """A copy of backbone and neck that gives the target z_HR.

    It never takes a gradient and always runs in evaluation mode: against the
    moving network itself, whose normalisation statistics it would also
    disturb, MSE chases its own tail. By default the copy is an exponential
    moving average of the detector in training (Tarvainen and Valpola, NIPS
    2017). With ``frozen`` it is a teacher: the weights from which training
    starts (``load_from``), those of the same detector trained on HR images.

    Args:
        backbone (nn.Module): The detector's; copied.
        neck (nn.Module, optional): The detector's; copied.
        momentum (float): Weight of the new parameters in the moving average,
            per iteration.
        frozen (bool): Keep the weights from which training starts.
        checkpoint (str, optional): Weights of a teacher other than these: any
            detector's with the same ``backbone`` and ``neck``. Implies
            ``frozen``.
    """

    def __init__(
        self,
        backbone: nn.Module,
        neck: nn.Module | None,
        momentum: float = 1e-3,
        frozen: bool = False,
        checkpoint: str | None = None,
    ) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.is_teacher = frozen or checkpoint is not None
        source = _Pyramid(backbone, neck)
        # A teacher never averages, but shares the container's key names.
        self.average = ExponentialMovingAverage(source, momentum, update_buffers=True)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> 'HRBranch':
        """Stay in evaluation mode whatever the detector does."""
        return super().train(False)

    def init_weights(self) -> None:
        """Load the teacher.

        :class:`AlternatingOptimHook` does it once more when training starts,
        so that ``load_from`` does not replace the teacher.

        Raises:
            ValueError: The checkpoint lacks weights of backbone or neck.
        """
        if self.checkpoint is None:
            return
        state = CheckpointLoader.load_checkpoint(self.checkpoint, 'cpu')
        state = state.get('state_dict', state)
        teacher = self.average.module
        wanted = {name: state[name] for name in teacher.state_dict() if name in state}
        missing = sorted(teacher.state_dict().keys() - wanted.keys())
        if missing:
            raise ValueError(
                f"hr_branch.checkpoint '{self.checkpoint}' lacks {len(missing)} of the "
                f"weights of this backbone and neck, '{missing[0]}' for one; give a "
                'checkpoint of a detector with the same backbone and neck.'
            )
        teacher.load_state_dict(wanted)

    @torch.no_grad()
    def update(self, backbone: nn.Module, neck: nn.Module | None) -> None:
        """Move the average; the first call copies. A teacher stays.

        Args:
            backbone (nn.Module): The detector's, just updated.
            neck (nn.Module, optional): Likewise.
        """
        begins = self.checkpoint is None and self.average.steps == 0
        if begins or not self.is_teacher:
            # mmengine keeps the tensors of the moment in which the average was made;
            # moving the model to a device or another layout gives it new ones.
            self.average.avg_parameters = self.average.module.state_dict()
            self.average.update_parameters(_Pyramid(backbone, neck))

    @torch.no_grad()
    def forward(self, hr_images: Tensor) -> tuple[Tensor, ...]:
        """Pyramid of ``hr_images``, z_HR first; shapes at the head of this module."""
        return self.average(hr_images)
