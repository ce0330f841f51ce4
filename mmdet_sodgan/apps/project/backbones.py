"""The backbones of ``--backbone``, and the weights that a backbone starts from."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mmengine
import torch
from mmdet.registry import MODELS
from mmengine.runner.checkpoint import CheckpointLoader, get_external_models

from ...utils.errors import UserError
from .choices import Choice

#: Share of a backbone's tensors that a file of weights must hold.
_ENOUGH = 0.9


@dataclass(frozen=True)
class Backbone:
    """A backbone of the plain detector.

    Args:
        options (Mapping): Its whole config, as it is with pretrained weights.
        in_channels (tuple[int, ...]): Of the levels that the neck gets.
        url (str): Weights from ImageNet.
    """

    options: Mapping
    in_channels: tuple[int, ...]
    url: str


BACKBONES = {
    'r18': Backbone(
        dict(type='ResNet', depth=18, frozen_stages=1, norm_eval=True),
        (64, 128, 256, 512),
        'https://download.pytorch.org/models/resnet18-f37072fd.pth',
    ),
    'r50': Backbone(
        dict(type='ResNet', depth=50, frozen_stages=1, norm_eval=True),
        (256, 512, 1024, 2048),
        'https://download.pytorch.org/models/resnet50-0676ba61.pth',
    ),
    'mobilenet-v2': Backbone(
        dict(
            type='MobileNetV2',
            out_indices=(1, 2, 4, 6),
            frozen_stages=1,
            norm_eval=True,
        ),
        (24, 32, 96, 320),
        'https://download.openmmlab.com/mmdetection/v2.0/third_party/'
        'mobilenet_v2_batch256_imagenet-ff34753d.pth',
    ),
}


def find_weights(backbone: Backbone, path: Path | None) -> Choice:
    """Decide what a backbone starts from.

    Args:
        backbone (Backbone): The backbone.
        path (Path | None): File that the user names, of torchvision's or
            mmpretrain's format.

    Returns:
        Choice: ``init_cfg``, None for random weights.

    Raises:
        UserError: The file does not hold the backbone's weights.
    """
    if path is not None:
        prefix = _check_weights(backbone.options, path)
        init_cfg = dict(type='Pretrained', checkpoint=str(path.resolve()))
        return Choice(
            init_cfg | (dict(prefix=prefix) if prefix else {}),
            f'The weights of {path.name}, as asked for.',
        )
    if can_fetch(backbone.url):
        return Choice(
            dict(type='Pretrained', checkpoint=backbone.url),
            "ImageNet's weights, fetched by the first training.",
        )
    return Choice(
        None,
        "From scratch: ImageNet's weights cannot be fetched, and --weights names none.",
    )


def _check_weights(options: Mapping, path: Path) -> str:
    """Return the prefix of the backbone's keys in a file."""
    if not path.is_file():
        raise UserError(f'There is no file {path}: correct --weights.')
    checkpoint = CheckpointLoader.load_checkpoint(str(path), 'cpu', logger='silent')
    weights = checkpoint.get('state_dict', checkpoint)
    wanted = MODELS.build(dict(options, init_cfg=None)).state_dict()
    fitting = {
        prefix: sum(
            getattr(weights.get(prefix + key), 'shape', None) == value.shape
            for key, value in wanted.items()
        )
        for prefix in ('', 'backbone.')
    }
    prefix = max(fitting, key=fitting.get)
    if fitting[prefix] < _ENOUGH * len(wanted):
        name = f'{options["type"]} {options.get("depth", "")}'.strip()
        raise UserError(
            f'{path} holds {fitting[prefix]} of the {len(wanted)} tensors of the '
            f'backbone {name}: choose the backbone that it is of, or another file.'
        )
    return prefix


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
