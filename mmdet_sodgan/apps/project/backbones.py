"""The backbones of ``--backbone``, and the weights that a backbone starts from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mmdet.registry import MODELS
from mmengine.runner.checkpoint import CheckpointLoader

from ...utils.errors import UserError
from .choices import Choice

#: Share of a backbone's tensors that a file of weights must hold.
_ENOUGH = 0.9


@dataclass(frozen=True)
class Backbone:
    """A backbone of the plain detector.

    Args:
        options (dict): Its config, over ResNet-50's of MMDetection.
        in_channels (tuple[int, ...]): Of the levels that the neck gets.
        url (str): Weights from ImageNet.
    """

    options: dict
    in_channels: tuple[int, ...]
    url: str


BACKBONES = {
    'r18': Backbone(
        dict(type='ResNet', depth=18),
        (64, 128, 256, 512),
        'https://download.pytorch.org/models/resnet18-f37072fd.pth',
    ),
    'r50': Backbone(
        dict(type='ResNet', depth=50),
        (256, 512, 1024, 2048),
        'https://download.pytorch.org/models/resnet50-0676ba61.pth',
    ),
    'mobilenet-v2': Backbone(
        dict(type='MobileNetV2', out_indices=(1, 2, 4, 6)),
        (24, 32, 96, 320),
        'https://download.openmmlab.com/mmdetection/v2.0/third_party/'
        'mobilenet_v2_batch256_imagenet-ff34753d.pth',
    ),
}


def find_weights(
    options: Mapping, url: str, path: Path | None, can_fetch: Callable[[str], bool]
) -> Choice:
    """Decide what a backbone starts from.

    Args:
        options (Mapping): The backbone's config.
        url (str): Weights in the network.
        path (Path | None): File that the user names, of torchvision's or
            mmpretrain's format.
        can_fetch (Callable): Tells whether an address can be fetched.

    Returns:
        Choice: ``init_cfg``, None for random weights.

    Raises:
        UserError: The file does not hold the backbone's weights.
    """
    if path is not None:
        prefix = _check_weights(options, path)
        init_cfg = dict(type='Pretrained', checkpoint=str(path.resolve()))
        return Choice(
            init_cfg | (dict(prefix=prefix) if prefix else {}),
            f'The weights of {path.name}, as asked for.',
        )
    if can_fetch(url):
        return Choice(
            dict(type='Pretrained', checkpoint=url),
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
