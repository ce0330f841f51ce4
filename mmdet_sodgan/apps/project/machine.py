"""Where a project is made, and what it reaches from there."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import torch


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
