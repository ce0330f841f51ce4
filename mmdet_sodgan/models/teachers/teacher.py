"""The network that sees the high-resolution image.

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

from ...utils.deprecation import register_old_name


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
class Teacher(BaseModule):
    """A copy of backbone and neck that gives the target z_HR.

    It never takes a gradient and always runs in evaluation mode: against the
    moving network itself, whose normalisation statistics it would also
    disturb, MSE chases its own tail. By default the copy is a mean teacher, an
    exponential moving average of the detector in training (Tarvainen and Valpola,
    NIPS 2017). With ``frozen`` it keeps the weights from which training starts
    (``load_from``), those of the same detector trained on HR images.
    :class:`TeacherHook` loads and moves it.

    Args:
        backbone (nn.Module): The detector's; copied.
        neck (nn.Module, optional): The detector's; copied.
        momentum (float): Weight of the new parameters in the moving average,
            per iteration.
        frozen (bool): Keep the weights from which training starts.
        checkpoint (str, optional): Weights other than these: any detector's with
            the same ``backbone`` and ``neck``. Implies ``frozen``.
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
        self.frozen = frozen or checkpoint is not None
        source = _Pyramid(backbone, neck)
        # A frozen teacher never averages, but shares the container's key names.
        self.ema = ExponentialMovingAverage(source, momentum, update_buffers=True)
        self.requires_grad_(False)
        self.eval()

    def check_scale_factor(self, scale_factor: int) -> None:
        """Refuse pairs of another scale than this network is made for.

        A copy of the detector takes any scale.

        Args:
            scale_factor (int): ``r`` of the data preprocessor.
        """

    def check_roi_head(self, roi_head: nn.Module) -> None:
        """Refuse RoIs that would be pooled from another level than they are in LR.

        A copy of the detector sees an object of ``r`` times the size on the level
        that the rule of levels sends it to.

        Args:
            roi_head (nn.Module): The detector's.
        """

    def train(self, mode: bool = True) -> 'Teacher':
        """Stay in evaluation mode whatever the detector does."""
        return super().train(False)

    def init_weights(self) -> None:
        """Load ``checkpoint``.

        :class:`TeacherHook` does it once more when training starts, so that
        ``load_from`` does not replace the teacher.

        Raises:
            ValueError: The checkpoint lacks weights of backbone or neck.
        """
        if self.checkpoint is None:
            return
        state = CheckpointLoader.load_checkpoint(self.checkpoint, 'cpu')
        state = state.get('state_dict', state)
        network = self.ema.module
        wanted = {name: state[name] for name in network.state_dict() if name in state}
        missing = sorted(network.state_dict().keys() - wanted.keys())
        if missing:
            raise ValueError(
                f"teacher.checkpoint '{self.checkpoint}' lacks {len(missing)} of the "
                f"weights of this backbone and neck, '{missing[0]}' for one; give a "
                'checkpoint of a detector with the same backbone and neck.'
            )
        network.load_state_dict(wanted)

    @torch.no_grad()
    def update(self, backbone: nn.Module, neck: nn.Module | None) -> None:
        """Move the average; the first call copies. A frozen teacher stays.

        Args:
            backbone (nn.Module): The detector's, just updated.
            neck (nn.Module, optional): Likewise.
        """
        begins = self.checkpoint is None and self.ema.steps == 0
        if begins or not self.frozen:
            # mmengine keeps the tensors of the moment in which the average was made;
            # moving the model to a device or another layout gives it new ones.
            self.ema.avg_parameters = self.ema.module.state_dict()
            self.ema.update_parameters(_Pyramid(backbone, neck))

    @torch.no_grad()
    def forward(self, hr_images: Tensor) -> tuple[Tensor, ...]:
        """Pyramid of ``hr_images``, z_HR first; shapes at the head of this module."""
        return self.ema(hr_images)


def build_teacher(cfg: dict | None, detector: nn.Module) -> Teacher | None:
    """Build the teacher of a detector, where a term needs it.

    Args:
        cfg (dict, optional): Config of the teacher; :class:`Teacher` by default.
        detector (nn.Module): With backbone, neck, data preprocessor and
            ``composite_loss``.

    Returns:
        Teacher | None: None where no term compares anything with the HR image.

    Raises:
        ValueError: The teacher is made for pairs of another scale.
    """
    loss = detector.composite_loss
    if not (loss.needs_discriminator or loss.needs_hr):
        return None
    teacher = MODELS.build(
        dict(type='Teacher') | (cfg or {}),
        default_args=dict(
            backbone=detector.backbone,
            neck=detector.neck if detector.with_neck else None,
        ),
    )
    teacher.check_scale_factor(detector.data_preprocessor.scale_factor)
    return teacher


register_old_name(MODELS, 'HRBranch', Teacher)
