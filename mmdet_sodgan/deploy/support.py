"""Which detectors can be exported."""

from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.models.dense_heads import RPNHead
from mmdet.models.detectors import FasterRCNN, TwoStageDetector
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.roi_heads.bbox_heads import (
    BBoxHead,
    ConvFCBBoxHead,
    Shared2FCBBoxHead,
    Shared4Conv1FCBBoxHead,
)
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from mmdet.models.task_modules.coders import DeltaXYWHBBoxCoder
from mmdet.models.task_modules.prior_generators import AnchorGenerator
from mmengine.model import BaseModel

from ..models.data_preprocessors import PairedResolutionPreprocessor
from ..models.dense_heads import FineLevelRPNHead, SODGANRPNHead
from ..models.detectors import SODGAN, DistilledDetector, ImageSODGAN
from ..models.roi_heads import FineLevelRoIExtractor, SODGANRoIHead

# Parts are known by their exact class: a subclass may do anything else.
_DETECTORS = (FasterRCNN, TwoStageDetector, SODGAN, ImageSODGAN, DistilledDetector)
_PARTS = {
    'data_preprocessor': (DetDataPreprocessor, PairedResolutionPreprocessor),
    'rpn_head': (RPNHead, SODGANRPNHead, FineLevelRPNHead),
    'rpn_head.prior_generator': (AnchorGenerator,),
    'rpn_head.bbox_coder': (DeltaXYWHBBoxCoder,),
    'roi_head': (StandardRoIHead, SODGANRoIHead),
    'roi_head.bbox_roi_extractor': (SingleRoIExtractor, FineLevelRoIExtractor),
    'roi_head.bbox_head': (
        BBoxHead,
        ConvFCBBoxHead,
        Shared2FCBBoxHead,
        Shared4Conv1FCBBoxHead,
    ),
    'roi_head.bbox_head.bbox_coder': (DeltaXYWHBBoxCoder,),
}


def check_support(model: BaseModel) -> None:
    """Refuse a detector whose test time differs from what is exported.

    Args:
        model (BaseModel): Any detector.

    Raises:
        ValueError: A part cannot be exported; names the config key of the first
            one, what stands there, and what could.
    """
    _check_class('model', model, _DETECTORS)
    for key, classes in _PARTS.items():
        part = model
        for name in key.split('.'):
            part = getattr(part, name)
        _check_class(f'model.{key}', part, classes)
    roi_head, rpn_head = model.roi_head, model.rpn_head
    layer = roi_head.bbox_roi_extractor.roi_layers[0]
    rpn_cfg, roi_cfg = rpn_head.test_cfg, roi_head.test_cfg
    for key, value, allowed in (
        ('roi_head.with_mask', roi_head.with_mask, False),
        (
            'data_preprocessor.test_mode',
            getattr(model.data_preprocessor, 'test_mode', 'native'),
            'native',
        ),
        ('rpn_head.loss_cls.use_sigmoid', rpn_head.use_sigmoid_cls, True),
        (
            'roi_head.bbox_head.loss_cls.custom_cls_channels',
            roi_head.bbox_head.custom_cls_channels,
            False,
        ),
        ('roi_head.bbox_head.with_reg', roi_head.bbox_head.with_reg, True),
        (
            'roi_head.bbox_roi_extractor.roi_layer.type',
            type(layer).__name__,
            'RoIAlign',
        ),
        (
            'roi_head.bbox_roi_extractor.roi_layer.pool_mode',
            getattr(layer, 'pool_mode', None),
            'avg',
        ),
        ('rpn_head.bbox_coder.add_ctr_clamp', rpn_head.bbox_coder.add_ctr_clamp, False),
        (
            'roi_head.bbox_head.bbox_coder.add_ctr_clamp',
            roi_head.bbox_head.bbox_coder.add_ctr_clamp,
            False,
        ),
        ('test_cfg.rpn.nms', _rest(rpn_cfg.nms), dict(type='nms')),
        ('test_cfg.rcnn.nms', _rest(roi_cfg.nms), dict(type='nms')),
    ):
        if value != allowed:
            raise ValueError(
                f'model.{key} is {value} and only {allowed} can be exported to ONNX.'
            )
    for key, value in (
        ('rpn.nms_pre', rpn_cfg.nms_pre),
        ('rpn.max_per_img', rpn_cfg.max_per_img),
        ('rcnn.max_per_img', roi_cfg.max_per_img),
    ):
        if value <= 0:
            raise ValueError(
                f'model.test_cfg.{key} is {value}; to be exported to ONNX it must be '
                'above 0.'
            )


def _check_class(key: str, part: object, classes: tuple[type, ...]) -> None:
    if type(part) not in classes:
        names = ', '.join(sorted(x.__name__ for x in classes))
        raise ValueError(
            f'{key} is a {type(part).__name__}, which cannot be exported to ONNX; '
            f'supported are {names}.'
        )


def _rest(nms_cfg: dict) -> dict:
    """Return what a config of NMS says apart from its threshold."""
    return {k: v for k, v in nms_cfg.items() if k != 'iou_threshold'}
