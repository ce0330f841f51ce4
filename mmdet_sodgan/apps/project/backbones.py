"""The backbones of ``--backbone``, and the weights that they start from."""

from collections.abc import Callable
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
        options (dict): Its config, over ResNet-50's.
        in_channels (tuple[int, ...]): Of the levels that the neck gets.
        url (str): Weights from ImageNet.
        replaces (bool): Whether ``options`` stand in place of ResNet-50's.
    """

    options: dict
    in_channels: tuple[int, ...]
    url: str
    replaces: bool = False


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
        replaces=True,
    ),
}


def find_weights(
    name: str, path: Path | None, can_fetch: Callable[[str], bool]
) -> Choice:
    """Decide what a backbone starts from.

    Args:
        name (str): One of :data:`BACKBONES`.
        path (Path | None): File that the user names, of torchvision's or
            mmpretrain's format.
        can_fetch (Callable): Tells whether an address can be fetched.

    Returns:
        Choice: ``init_cfg``, None for random weights.

    Raises:
        UserError: The file does not hold the backbone's weights.
    """
    backbone = BACKBONES[name]
    if path is not None:
        prefix = _check_weights(name, path)
        options = dict(prefix=prefix) if prefix else {}
        return Choice(
            dict(type='Pretrained', checkpoint=str(path.resolve()), **options),
            'The weights that were named.',
        )
    if can_fetch(backbone.url):
        return Choice(
            dict(type='Pretrained', checkpoint=backbone.url), 'Weights from ImageNet.'
        )
    return Choice(
        None,
        'From scratch: ImageNet weights cannot be fetched from here (--weights PATH '
        'takes a file).',
    )


def _check_weights(name: str, path: Path) -> str:
    """Return the prefix of the backbone's keys in a file."""
    if not path.is_file():
        raise UserError(f'There is no file {path}: correct --weights.')
    checkpoint = CheckpointLoader.load_checkpoint(str(path), 'cpu', logger='silent')
    weights = checkpoint.get('state_dict', checkpoint)
    wanted = MODELS.build(BACKBONES[name].options).state_dict()
    for prefix in ('', 'backbone.'):
        fitting = sum(
            getattr(weights.get(prefix + key), 'shape', None) == value.shape
            for key, value in wanted.items()
        )
        if fitting >= _ENOUGH * len(wanted):
            return prefix
    raise UserError(
        f'{path} does not hold the weights of the backbone {name}: choose the '
        '--backbone that it is of, or another file.'
    )
