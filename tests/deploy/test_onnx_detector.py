import pytest
import torch

from mmdet_sodgan.deploy.agreement import agreement
from mmdet_sodgan.deploy.export_onnx import detect, to_tensor
from mmdet_sodgan.deploy.native_model import load_native
from mmdet_sodgan.deploy.onnx_detector import OnnxDetector


@pytest.mark.parametrize(
    'options',
    [
        {'model.data_preprocessor.bgr_to_rgb': False},
        {'model.data_preprocessor.std': [1.0, 1.0, 1.0]},
        {'model.roi_head.bbox_head.reg_class_agnostic': True},
        {'model.test_cfg.rpn.min_bbox_size': 8},
        {'model.test_cfg.rcnn.nms.iou_threshold': 0.3},
        {'model.roi_head.bbox_roi_extractor.roi_layer.sampling_ratio': 0},
    ],
    ids=lambda x: next(iter(x)).rsplit('.')[-1],
)
def test_forward_in_pytorch_gives_mmdets_detections(options, write_detector, images):
    model = load_native(*write_detector('plain', options))
    batch = [image[:70, :100] for image in images]
    with torch.no_grad():
        outputs = OnnxDetector(model)(to_tensor(batch))
    cfg = model.roi_head.test_cfg
    for expected, *found in zip(detect(model, batch), *outputs, strict=True):
        found = tuple(x[found[2] >= 0].numpy() for x in found)
        done = agreement(expected, found, cfg.score_thr, cfg.max_per_img)
        assert done.count > 20 and done.unmatched == 0
        assert done.box_error < 1e-3 and done.score_error < 1e-5
