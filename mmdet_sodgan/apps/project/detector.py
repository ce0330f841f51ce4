"""The plain detector of a project, and the fragment that makes it SODGAN."""

from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ...utils.errors import UserError, one_line
from .backbones import BACKBONES, Backbone, address_of

#: Detector of an MMDetection config to its head and the fragment of SODGAN.
_FRAGMENTS = {
    'FasterRCNN': ('StandardRoIHead', 'sodgan_fpn'),
    'MaskRCNN': ('StandardRoIHead', 'sodgan_fpn_mask'),
    'CascadeRCNN': ('CascadeRoIHead', 'sodgan_fpn_cascade'),
    'RetinaNet': ('RetinaHead', 'sodgan_retinanet'),
}


@dataclass(frozen=True)
class Detector:
    """The plain detector.

    Args:
        base (str): What ``teacher.py`` inherits from: the name of a form, or a
            config of MMDetection.
        kind (str): Type of the detector in MMDetection.
        fragment (str): Name of the fragment of SODGAN in ``_base_/models``.
        backbone (Backbone): Its backbone.
    """

    base: str
    kind: str
    fragment: str
    backbone: Backbone

    @property
    def of_mmdet(self) -> bool:
        """bool: Whether ``base`` is a config of MMDetection."""
        return self.base not in ('small', 'large')

    @property
    def with_masks(self) -> bool:
        """bool: Whether it learns masks."""
        return self.kind == 'MaskRCNN'

    @property
    def finest_stride(self) -> int:
        """int: Stride in px of its finest level."""
        return 8 if self.kind == 'RetinaNet' else 4


def own_detector(form: str, name: str | None) -> Detector:
    """The detector of one of the two forms, a Faster R-CNN with FPN.

    Args:
        form (str): ``'small'`` or ``'large'``.
        name (str | None): Of the backbone; None for that of the form.

    Returns:
        Detector: The detector.
    """
    small = form == 'small'
    fragment = 'sodgan_fpn_small_taught' if small else 'sodgan_fpn'
    backbone = BACKBONES[name or ('r18' if small else 'r50')]
    return Detector(form, 'FasterRCNN', fragment, backbone)


def read_base(base: str, scale_factor: int) -> Detector:
    """The detector of a config of MMDetection.

    Args:
        base (str): Path of the config, or ``mmdet::<folder>/<name>.py``.
        scale_factor (int): ``r``.

    Returns:
        Detector: The detector.

    Raises:
        UserError: There is no such config, or no fragment of SODGAN for it.
    """
    if '::' not in base:
        base = str(Path(base).resolve())
    try:
        # As a config that inherits from it would.
        cfg = Config.fromstring(f'_base_ = {base!r}', '.py')
    # What MMEngine raises depends on what is wrong.
    except Exception as error:
        reason = one_line(error)
        raise UserError(
            f'--base {base} cannot be read ({reason[:100]}): name a config of '
            'MMDetection by its path or as mmdet::<folder>/<name>.py.'
        ) from None
    model = cfg.get('model', {})
    kind = model.get('type')
    if kind not in _FRAGMENTS:
        reason = f'it is a {kind}'
    elif scale_factor == 4 and kind != 'FasterRCNN':
        reason = f'--scale-factor 4 is for FasterRCNN, and it is a {kind}'
    else:
        reason = _why_not(cfg, *_FRAGMENTS[kind])
    if reason:
        raise UserError(
            f'--base {base} is not supported, as {reason}: take a 1x config of '
            f'{", ".join(_FRAGMENTS)} with FPN.'
        )
    url = (model.backbone.get('init_cfg') or {}).get('checkpoint', '')
    backbone = Backbone(
        model.backbone.to_dict(), tuple(model.neck.in_channels), address_of(url)
    )
    return Detector(base, kind, _FRAGMENTS[kind][1], backbone)


def _why_not(cfg: Config, head: str, fragment: str) -> str | None:
    """Say why a fragment does not fit a config."""
    model = cfg.model
    one_stage = 'retinanet' in fragment
    found = (model.bbox_head if one_stage else model.roi_head).type
    dense = model.bbox_head if one_stage else model.rpn_head
    strides = dense.anchor_generator.get('strides', [0])
    if (model.get('neck') or {}).get('type') != 'FPN' or found != head:
        return f'its neck and head are not FPN and {head}'
    if strides[0] != (8 if one_stage else 4):
        return f'its finest level has the stride {strides[0]}'
    for name in ('train_pipeline', 'test_pipeline'):
        steps = [step['type'] for step in cfg.get(name, ())]
        if steps.count('Resize') != 1:
            return f'its {name} does not have one Resize'
    return None
