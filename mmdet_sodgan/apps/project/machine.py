"""Where a project is made, and what it reaches from there."""

import urllib.request
from dataclasses import dataclass
from pathlib import Path

import mmengine
import torch
from mmengine.runner.checkpoint import get_external_models


@dataclass(frozen=True)
class Machine:
    """What the choices depend on.

    Args:
        num_gpus (int): GPUs that torch sees.
    """

    num_gpus: int

    @classmethod
    def here(cls) -> 'Machine':
        """Look at this machine."""
        return cls(torch.cuda.device_count() if torch.cuda.is_available() else 0)


def can_fetch(url: str, timeout: float = 3.0) -> bool:
    """Tell whether a file is in torch's cache or can be fetched from the network.

    Args:
        url (str): Its address.
        timeout (float): Seconds to wait for an answer.

    Returns:
        bool: Whether it is there. Only the answer's header is asked for.
    """
    name = url.rsplit('/', 1)[-1]
    if Path(torch.hub.get_dir(), 'checkpoints', name).is_file():
        return True
    try:
        request = urllib.request.Request(url, method='HEAD')
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def address_of(checkpoint: str) -> str:
    """Resolve the short names that MMEngine has for weights.

    Args:
        checkpoint (str): An address, or a name such as ``'torchvision://resnet50'``,
            for which MMEngine wants torchvision to be installed.

    Returns:
        str: The address; the name itself where MMEngine does not know it.
    """
    scheme, _, name = checkpoint.partition('://')
    if scheme == 'torchvision':
        hub = Path(mmengine.__file__).parent / 'hub/torchvision_0.12.json'
        return mmengine.load(hub).get(name, checkpoint)
    if scheme in ('open-mmlab', 'openmmlab'):
        return get_external_models().get(name, checkpoint)
    return checkpoint
