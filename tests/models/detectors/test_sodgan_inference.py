"""Prediction: what it needs, and in whose coordinates it comes out."""

import cv2
import numpy as np
import pytest
import torch
from mmdet.apis import DetInferencer, inference_detector, init_detector

HR_SIDE = 128
# Other than the network's input, and not square.
ORIGINAL = (96, 192)


@pytest.fixture
def image_path(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (*ORIGINAL, 3), np.uint8)
    path = tmp_path / 'image.png'
    assert cv2.imwrite(str(path), cv2.blur(pixels, (5, 5)))
    return str(path)


@pytest.fixture(params=['paired', 'native'])
def published(request, sodgan_cfg, build_sodgan, tmp_path):
    """A config and a checkpoint of random weights, as a user has them."""
    options = {'model.data_preprocessor.test_mode': request.param}
    cfg = sodgan_cfg(options)
    for transform in cfg.test_dataloader.dataset.pipeline:
        if transform.type == 'Resize':
            transform.scale = (HR_SIDE, HR_SIDE)
    model = build_sodgan(options)
    classes = tuple(f'class {i}' for i in range(6))
    path = tmp_path / 'model.pth'
    meta = dict(dataset_meta=dict(classes=classes, palette=[(0, 0, 0)] * 6))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return cfg, str(path), model.eval(), request.param


def expected_predictions(model, image_path, mode):
    """The network on a hand-made input, boxes taken to the original by hand."""
    image = cv2.imread(image_path)
    # mmdet's Resize keeps the ratio: 128 x 64 px, two thirds of the original.
    resized = cv2.resize(image, (HR_SIDE, HR_SIDE // 2))
    inputs = torch.from_numpy(resized).permute(2, 0, 1).flip(0).float()[None]
    shrink = 1
    if mode == 'paired':
        shrink = 2
        size = (HR_SIDE // 4, HR_SIDE // 2)
        inputs = torch.nn.functional.interpolate(
            inputs, size, mode='bicubic', antialias=True
        )
        inputs = inputs.round().clamp(0, 255)
    preprocessor = model.data_preprocessor
    inputs = (inputs - preprocessor.mean) / preprocessor.std
    metas = [dict(img_shape=tuple(inputs.shape[-2:]), scale_factor=(1.0, 1.0))]
    with torch.no_grad():
        feats = model.extract_feat(inputs)
        rpn = model.rpn_head.predict_by_feat(
            *model.rpn_head(feats), batch_img_metas=metas, rescale=False
        )
        (result,) = model.roi_head.predict_bbox(
            feats, metas, rpn, model.roi_head.test_cfg, rescale=False
        )
    return result.bboxes * shrink * ORIGINAL[1] / HR_SIDE, result.scores, result.labels


def assert_predicted(found, expected):
    boxes, scores, labels = expected
    assert len(boxes) > 10
    torch.testing.assert_close(torch.as_tensor(found[1]), scores, rtol=0, atol=1e-4)
    torch.testing.assert_close(torch.as_tensor(found[0]), boxes, rtol=0, atol=1e-2)
    assert torch.equal(torch.as_tensor(found[2]), labels)


def test_inference_detector_gives_boxes_in_the_original(published, image_path):
    cfg, checkpoint, model, mode = published
    detector = init_detector(cfg, checkpoint, device='cpu')
    result = inference_detector(detector, image_path).pred_instances
    assert_predicted(
        (result.bboxes, result.scores, result.labels),
        expected_predictions(model, image_path, mode),
    )
    # The whole image is in reach, and nothing outside of it.
    assert result.bboxes[:, 2].max() > 0.9 * ORIGINAL[1]
    assert result.bboxes[:, 3].max() <= ORIGINAL[0] + 1e-3


def test_det_inferencer_gives_boxes_in_the_original(published, image_path):
    cfg, checkpoint, model, mode = published
    inferencer = DetInferencer(cfg, checkpoint, device='cpu', show_progress=False)
    (result,) = inferencer(image_path)['predictions']
    assert_predicted(
        (torch.tensor(result['bboxes']), result['scores'], result['labels']),
        expected_predictions(model, image_path, mode),
    )


def test_boxes_end_where_an_image_of_odd_sides_ends(build_sodgan, batch):
    height, width = 127, 91  # 63.5 x 45.5 pixels of the LR image
    data = batch((height, width))
    (sample,) = data['data_samples']
    sample.set_metainfo(dict(ori_shape=(height, width), scale_factor=(1.0, 1.0)))
    model = build_sodgan().eval()
    # Boxes far larger than the image, which the RoI head clips.
    torch.nn.init.normal_(model.roi_head.bbox_head.fc_reg.weight, std=10)
    (result,) = model.test_step(data)
    right, bottom = result.pred_instances.bboxes[:, 2:].amax(dim=0).tolist()
    assert (right, bottom) == (width, height)
