"""One iteration of alternating optimisation."""

from typing import TYPE_CHECKING

import torch.nn as nn
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor

if TYPE_CHECKING:
    from ..models.detectors import SODGAN


def check_optim_wrapper(optim_wrapper: OptimWrapper | OptimWrapperDict) -> None:
    """Refuse a single wrapper.

    Args:
        optim_wrapper (OptimWrapper | OptimWrapperDict): What the run has.

    Raises:
        TypeError: It is not an ``OptimWrapperDict``.
    """
    if not isinstance(optim_wrapper, OptimWrapperDict):
        raise TypeError(
            'SODGAN needs two optimizer groups; add to optim_wrapper '
            "constructor='GANOptimWrapperConstructor' and "
            'discriminator=dict(optimizer=dict(...)).'
        )


def alternating_step(
    detector: nn.Module,
    core: 'SODGAN',
    discriminator: nn.Module | None,
    data: dict,
    optim_wrapper: OptimWrapperDict,
) -> dict[str, Tensor]:
    """Update D, then everything but D, from one forward of the detector.

    The same function serves one process and several: distributed training
    passes the wrapped modules. D is updated first on detached features, then
    G's adversarial terms go through the updated D with frozen parameters
    (Goodfellow et al., NIPS 2014, algorithm 1). Each optimizer wrapper keeps
    its own gradient accumulation, clipping and precision.

    Args:
        detector (nn.Module): Called for the forward; ``core`` or a
            distributed wrapper of it.
        core (SODGAN): The detector itself.
        discriminator (nn.Module, optional): ``core.discriminator`` or a
            distributed wrapper of it.
        data (dict): A batch of the dataloader.
        optim_wrapper (OptimWrapperDict): 'generator' and, with a
            discriminator, 'discriminator'.

    Returns:
        dict[str, Tensor]: Losses for the log; 'loss' is G's total.

    Raises:
        TypeError: ``optim_wrapper`` is a single wrapper.
    """
    check_optim_wrapper(optim_wrapper)
    generator_wrapper = optim_wrapper['generator']
    # Outside of the context, whose autocast would blur images in half precision.
    data = core.data_preprocessor(data, True)
    with generator_wrapper.optim_context(detector):
        losses, pair = detector(**data, mode='pair')

    discriminator_log = {}
    if discriminator is not None:
        for _ in range(core.gan_schedule.discriminator_steps):
            wrapper = optim_wrapper['discriminator']
            with wrapper.optim_context(discriminator):
                discriminator_loss, discriminator_log = core.parse_losses(
                    core.discriminator_losses(discriminator, pair)
                )
            wrapper.update_params(discriminator_loss)
        # 'loss' is the key of G's total.
        discriminator_log.pop('loss', None)

    with generator_wrapper.optim_context(detector):
        losses.update(core.adversarial_losses(pair))
    loss, log = core.parse_losses(losses)
    generator_wrapper.update_params(loss)
    return log | discriminator_log
