"""What a project changes in the model of its base."""

from collections.abc import Mapping

from .backbones import BACKBONES
from .choices import Choices
from .config_text import Name
from .detector import Detector


def model_options(detector: Detector, choices: Choices) -> dict:
    """What differs from the model of the base.

    Args:
        detector (Detector): The plain detector.
        choices (Choices): The values.

    Returns:
        dict: Laid over the base's ``model``.
    """
    model = _backbone(detector, choices)
    number = Name('len(classes)')
    if detector.kind == 'RetinaNet':
        return model | dict(
            bbox_head=dict(
                num_classes=number,
                anchor_generator=dict(octave_base_scale=Name('anchor_scale')),
            ),
            test_cfg=dict(max_per_img=Name('max_dets')),
        )
    heads = dict(bbox_head=dict(num_classes=number))
    if detector.kind == 'CascadeRCNN':
        heads = dict(
            bbox_head=Name(
                '[\n            dict(head, num_classes=len(classes))\n'
                '            for head in _base_.model.roi_head.bbox_head\n        ]'
            )
        )
    if detector.with_masks:
        heads |= dict(mask_head=dict(num_classes=number))
    test = dict(rcnn=dict(max_per_img=Name('max_dets')))
    if choices.max_dets.value > 100 and detector.base == 'small':
        # The form keeps as few proposals as detections.
        test = dict(rpn=dict(max_per_img=Name('2 * max_dets'))) | test
    return model | dict(
        rpn_head=dict(anchor_generator=dict(scales=Name('[anchor_scale]'))),
        roi_head=heads,
        test_cfg=test,
    )


def _backbone(detector: Detector, choices: Choices) -> dict:
    """Backbone and neck, as far as they differ from the base's."""
    init_cfg, pretrained = choices.init_cfg.value, not choices.from_scratch
    if detector.of_mmdet:
        return _backbone_of_mmdet(detector.backbone, init_cfg)
    small = detector.base == 'small'
    options, neck = {}, {}
    if detector.backbone != BACKBONES['r18' if small else 'r50'].options:
        options = dict(detector.backbone)
        neck = dict(neck=dict(in_channels=list(detector.in_channels)))
        if options['type'] == 'ResNet':
            del options['type']
        else:
            options = dict(_delete_=True) | options
    # The small form learns all layers, the large one keeps what the weights bring.
    if '_delete_' in options or pretrained is small:
        options |= dict(norm_eval=pretrained, frozen_stages=1 if pretrained else -1)
    if pretrained and small and '_delete_' not in options:
        # Over the form's None.
        init_cfg = dict(_delete_=True) | init_cfg
    if pretrained or not small:
        options |= dict(init_cfg=init_cfg)
    return (dict(backbone=options) if options else {}) | neck


def _backbone_of_mmdet(backbone: Mapping, init_cfg: dict | None) -> dict:
    """What a backbone of MMDetection starts from, and what it learns then."""
    if init_cfg is not None:
        own = (backbone.get('init_cfg') or {}).get('checkpoint')
        if init_cfg['checkpoint'] == own:
            return {}
        return dict(backbone=dict(init_cfg=dict(_delete_=True) | init_cfg))
    options = dict(init_cfg=None)
    for key, value in dict(norm_eval=False, frozen_stages=-1).items():
        if key in backbone:
            options[key] = value
    if 'norm_cfg' in backbone:
        options['norm_cfg'] = dict(requires_grad=True)
    return dict(backbone=options)
