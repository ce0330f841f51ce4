import torch.nn as nn
from mmdet.registry import MODEL_WRAPPERS
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapperDict
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel


@MODEL_WRAPPERS.register_module()
class AlternatingDistributedDataParallel(MMDistributedDataParallel):
    """Distributed training with two alternating updates.

    The detector is called as one module, D as another, so each is wrapped on
    its own and neither has parameters that its forward does not use:
    ``find_unused_parameters`` stays False.

    Args:
        module (nn.Module): The detector.
        device_ids (list, optional): Accepted because the Runner passes it
            for every wrapper on a GPU, and not handed on: the module lies on
            one device already, the data preprocessor moves the inputs there,
            and gloo on the CPU allows no ids at all.
        broadcast_buffers (bool): Whether the detector's buffers follow those
            of the first process; the discriminator's always do.
        **kwargs: Arguments of torch's ``DistributedDataParallel``, for both.

    Raises:
        ValueError: mmengine's ``detect_anomalous_params`` is on.
    """

    def __init__(
        self,
        module: nn.Module,
        device_ids: list | None = None,
        broadcast_buffers: bool = False,
        **kwargs,
    ) -> None:
        # mmengine looks at the one loss of its own train_step.
        if kwargs.pop('detect_anomalous_params', False):
            raise ValueError(
                'model_wrapper_cfg.detect_anomalous_params is True but '
                'AlternatingDistributedDataParallel has no such search; leave it out '
                '(torch itself reports parameters without a gradient).'
            )
        discriminator = module.discriminator
        # torch's own switch for what a wrapper must leave alone.
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(
            module,
            [
                name
                for name, _ in (*module.named_parameters(), *module.named_buffers())
                if name.startswith('discriminator.')
            ],
        )
        kwargs = dict(broadcast_buffers=broadcast_buffers) | kwargs
        super().__init__(module, **kwargs)
        # Not registered as a submodule: state_dict() and train() reach D
        # through the detector, once.
        object.__setattr__(
            self,
            'discriminator',
            None
            if discriminator is None
            # The vectors of spectral normalisation are buffers and make D the
            # same function on every process.
            else DistributedDataParallel(
                discriminator, **kwargs | dict(broadcast_buffers=True)
            ),
        )

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> dict[str, Tensor]:
        """Run :meth:`GANMixin.train_step` with gradients averaged over processes.

        Args:
            data (dict): A batch of the dataloader.
            optim_wrapper (OptimWrapperDict): The two groups.

        Returns:
            dict[str, Tensor]: Losses for the log.
        """
        return self.module.train_step(
            data, optim_wrapper, detector=self, discriminator=self.discriminator
        )
