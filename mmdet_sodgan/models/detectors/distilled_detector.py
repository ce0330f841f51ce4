"""A plain detector that learns from HR images too, at no cost in prediction.

Shapes, with ``r`` the scale factor and ``f`` the factor by which the data preprocessor
enlarges the LR image (1 where it does not):

    input ``(N, 3, f*H, f*W)`` -> backbone -> neck -> P2..P6 -> heads -> losses
    HR image ``(N, 3, r*H, r*W)`` -> teacher -> its levels     training only
    P2..P6, the teacher's levels on their grid -> L_align
"""

import copy

from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from torch import Tensor

from ...structures import GANSchedule
from ..data_preprocessors import DegradingPreprocessor, require_hr
from ..teachers import build_teacher


@MODELS.register_module()
class DistilledDetector(TwoStageDetector):
    """Two-stage detector whose levels follow those of a teacher of the HR image.

    There is no generator and no discriminator, so it predicts as the plain detector
    does. It is what HR supervision is worth alone (scale-consistent distillation: Qi
    et al., CVPR 2021), on the LR image or, with
    :class:`UpscaledInputPreprocessor`, on an enlarged one.

    Args:
        composite_loss (dict): Config of :class:`CompositeLoss`, with ``align`` alone.
        teacher (dict, optional): Config of :class:`Teacher`; frozen by default, with
            the weights of ``load_from``.
        **host: Arguments of mmdet's ``TwoStageDetector``; the data preprocessor is a
            :class:`PairedResolutionPreprocessor` or a
            :class:`UpscaledInputPreprocessor`, with ``with_hr=True``.

    Attributes:
        training_only (tuple[str, ...]): Children that inference does not run; a
            published checkpoint needs no weights of theirs.

    Raises:
        ValueError: The data preprocessor makes no pairs, or the loss has other terms.
    """

    training_only = ('teacher',)

    def __init__(
        self, *, composite_loss: dict, teacher: dict | None = None, **host
    ) -> None:
        # mmdet edits the configs that it is given.
        super().__init__(**copy.deepcopy(host))
        if not isinstance(self.data_preprocessor, DegradingPreprocessor):
            raise ValueError(
                f'model.data_preprocessor is a {type(self.data_preprocessor).__name__};'
                " DistilledDetector needs type='PairedResolutionPreprocessor' or "
                "'UpscaledInputPreprocessor'."
            )
        self.composite_loss = MODELS.build(dict(type='CompositeLoss') | composite_loss)
        if [*self.composite_loss.terms] != ['align']:
            raise ValueError(
                f'composite_loss has the terms {[*self.composite_loss.terms]}; '
                'DistilledDetector has neither generator nor discriminator, so give '
                'align alone.'
            )
        self.gan_schedule = GANSchedule()
        self.teacher = build_teacher(dict(frozen=True) | (teacher or {}), self)

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[DetDataSample] | None = None,
        mode: str = 'tensor',
        hr_inputs: Tensor | None = None,
    ):
        """Run one of mmdet's modes.

        Args:
            inputs (Tensor): Images ``(N, 3, f*H, f*W)``.
            data_samples (list[DetDataSample], optional): N samples.
            mode (str): 'tensor', 'predict' or 'loss'.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``, in
                training.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples, hr_inputs)
        return super().forward(inputs, data_samples, mode)

    def loss(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[DetDataSample],
        hr_inputs: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The detector's own losses, and L_align while the schedule has it.

        Args:
            batch_inputs (Tensor): Images ``(N, 3, f*H, f*W)``.
            batch_data_samples (list[DetDataSample]): N samples, in their pixels.
            hr_inputs (Tensor, optional): HR images ``(N, 3, r*H, r*W)``.

        Returns:
            dict[str, Tensor]: Losses.

        Raises:
            ValueError: L_align needs the HR image and there is none.
        """
        levels = self.extract_feat(batch_inputs)
        losses = super().loss(levels, batch_data_samples)
        weight, preprocessor = self.gan_schedule.reconstruction, self.data_preprocessor
        if weight > 0:
            strides = self.rpn_head.prior_generator.strides
            losses |= self.composite_loss.alignment(
                levels,
                [stride for stride, _ in strides],
                self.teacher(require_hr(hr_inputs)),
                preprocessor.scale_factor / preprocessor.input_scale,
                batch_data_samples,
                weight,
            )
        return losses

    def extract_feat(self, batch_inputs: Tensor | tuple) -> tuple[Tensor, ...]:
        """Levels that the heads read.

        Args:
            batch_inputs (Tensor | tuple): Images ``(N, 3, f*H, f*W)``, or levels,
                which are handed back: so one forward serves all losses.

        Returns:
            tuple[Tensor, ...]: ``(N, C, H_l, W_l)``, finest first.
        """
        if isinstance(batch_inputs, tuple):
            return batch_inputs
        return super().extract_feat(batch_inputs)
