import math

import torch.nn as nn
from mmdet.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.optim import OptimWrapper, OptimWrapperDict, build_optim_wrapper

from ..unwrap_model import unwrap_model


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class GANOptimWrapperConstructor:
    """Two optimizers with disjoint, exhaustive parameters.

    'discriminator' trains the model's ``discriminator``, 'generator' trains
    everything else that takes a gradient. The first is configured under its
    name, the second by everything beside it, so that any single-optimizer
    schedule becomes an alternating one by two added keys::

        optim_wrapper = dict(
            constructor='GANOptimWrapperConstructor',
            discriminator=dict(optimizer=dict(type='Adam', lr=1e-4)))

    A model without discriminator gets the one group 'generator', so that
    ablations need no other schedule.

    The L2 norm of each group's gradient, before clipping, is logged at every
    update as ``grad_norm_generator`` and ``grad_norm_discriminator`` (unless
    ``clip_grad`` clips by value), whether the group is clipped or not.

    Args:
        optim_wrapper_cfg (dict): An optimizer wrapper config of mmengine,
            with one more of them under ``discriminator``.
        paramwise_cfg (dict, optional): mmengine's, for 'generator'. Names are
            those of the whole model ('backbone...').

    Raises:
        ValueError: ``discriminator`` is missing.
    """

    def __init__(
        self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None
    ) -> None:
        cfg = dict(optim_wrapper_cfg)
        self.discriminator_cfg = cfg.pop('discriminator', None)
        self.generator_cfg = cfg
        self.paramwise_cfg = paramwise_cfg
        if self.discriminator_cfg is None:
            raise ValueError(
                'optim_wrapper.discriminator is missing; GANOptimWrapperConstructor '
                'needs discriminator=dict(optimizer=dict(...)).'
            )

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        """Build the wrappers.

        Args:
            model (nn.Module): The detector, wrapped for distributed training
                or not.

        Returns:
            OptimWrapperDict: 'generator' and, if the model has one,
            'discriminator'.
        """
        model = unwrap_model(model)
        # A container that lists the trained children under their own names,
        # so that paramwise keys keep their meaning.
        others = nn.Module()
        for name, child in model.named_children():
            trained = any(p.requires_grad for p in child.parameters())
            if name != 'discriminator' and trained:
                others.add_module(name, child)
        cfg = dict(self.generator_cfg, paramwise_cfg=self.paramwise_cfg)
        wrappers = dict(generator=_build(others, cfg, 'generator'))
        if model.discriminator is not None:
            wrappers['discriminator'] = _build(
                model.discriminator, self.discriminator_cfg, 'discriminator'
            )
        return OptimWrapperDict(**wrappers)


def _build(module: nn.Module, cfg: dict, name: str) -> OptimWrapper:
    # mmengine measures the norm only where it clips, hence the infinite limit,
    # and logs every wrapper's under one key.
    clip_grad = cfg.get('clip_grad') or dict(max_norm=math.inf)
    wrapper = build_optim_wrapper(module, dict(cfg, clip_grad=clip_grad))
    wrapper.grad_name = f'{wrapper.grad_name}_{name}'
    return wrapper
