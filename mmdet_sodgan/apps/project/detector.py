"""The plain detector of a project, and the fragment that makes it SODGAN."""

from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ...utils.errors import UserError

#: Detector of an MMDetection config to its head and the fragment of SODGAN.
_FRAGMENTS = {
    'FasterRCNN': ('StandardRoIHead', 'sodgan_fpn_taught'),
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
        fragment (str): Name of the fragment of SODGAN in ``_base_/models``.
        finest_stride (int): Stride in px of its finest level.
        kind (str): Type of the detector in MMDetection.
        of_mmdet (bool): Whether ``base`` is a config of MMDetection.
    """

    base: str
    fragment: str
    finest_stride: int = 4
    kind: str = 'FasterRCNN'
    of_mmdet: bool = False

    @property
    def with_masks(self) -> bool:
        """bool: Whether it learns masks."""
        return self.kind == 'MaskRCNN'


def own_detector(form: str) -> Detector:
    """The detector of one of the two forms.

    Args:
        form (str): ``'small'`` or ``'large'``.

    Returns:
        Detector: A Faster R-CNN with FPN.
    """
    name = 'sodgan_fpn_small_taught' if form == 'small' else 'sodgan_fpn_taught'
    return Detector(form, name)


def read_base(base: str) -> Detector:
    """The detector of a config of MMDetection.

    Args:
        base (str): Path of the config, or ``mmdet::<folder>/<name>.py``.

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
        reason = ' '.join(str(error).split())
        raise UserError(
            f'--base {base} cannot be read ({reason[:200]}): name a config of '
            'MMDetection by its path or as mmdet::<folder>/<name>.py.'
        ) from None
    kind = cfg.get('model', {}).get('type')
    if kind not in _FRAGMENTS:
        raise UserError(
            f'--base {base} is a {kind}, and init supports {", ".join(_FRAGMENTS)}: '
            'take one of these, or write the configs by hand.'
        )
    head, fragment = _FRAGMENTS[kind]
    model = cfg.model
    found = (model.get('roi_head') or model.get('bbox_head') or {}).get('type')
    one_stage = kind == 'RetinaNet'
    dense = model.bbox_head if one_stage else model.rpn_head
    stride = dense.anchor_generator.strides[0]
    if (model.get('neck') or {}).get('type') != 'FPN' or found != head:
        reason = f'its neck and head are not FPN and {head}'
    elif stride != (8 if one_stage else 4):
        reason = f'its finest level has the stride {stride}'
    elif not all(
        sum(step['type'] == 'Resize' for step in cfg.get(name, ())) == 1
        for name in ('train_pipeline', 'test_pipeline')
    ):
        reason = 'its train_pipeline and test_pipeline do not hold one Resize each'
    else:
        return Detector(base, fragment, stride, kind, of_mmdet=True)
    raise UserError(
        f'--base {base} is not supported, as {reason}: take a 1x config of '
        f'{", ".join(_FRAGMENTS)} with FPN.'
    )
