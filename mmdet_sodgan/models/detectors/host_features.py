"""What a generator of features takes from the backbone and the neck of its host."""

import torch.nn as nn
from torch import Tensor


def host_features(
    detector: nn.Module, images: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run backbone and neck.

    Args:
        detector (nn.Module): With ``backbone`` and, perhaps, ``neck``.
        images (Tensor): ``(N, 3, H, W)``.

    Returns:
        tuple[Tensor, tuple[Tensor, ...]]: The backbone level under the finest level
        ``(N, K, H/s, W/s)``; the pyramid ``(N, C, H_l, W_l)``, finest first.
    """
    feats = detector.backbone(images)
    if not detector.with_neck:
        return feats[0], feats
    return feats[getattr(detector.neck, 'start_level', 0)], detector.neck(feats)


def host_channels(neck: dict | list | None) -> dict:
    """Channels of a generator, from the config of the neck.

    Another backbone thus needs no further line in a config.

    Args:
        neck (dict, optional): Config of the neck.

    Returns:
        dict: ``in_channels`` of z_LR and ``skip_channels`` of the backbone level;
        empty without a neck.

    Raises:
        ValueError: It is a list of necks.
    """
    if isinstance(neck, list | tuple):
        raise ValueError(
            f'model.neck is a list of {len(neck)} necks; SODGAN takes channels and '
            'first level from one, so give a single neck config.'
        )
    if neck is None:
        return {}
    return dict(
        in_channels=neck['out_channels'],
        skip_channels=neck['in_channels'][neck.get('start_level', 0)],
    )
