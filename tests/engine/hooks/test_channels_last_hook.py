from types import SimpleNamespace

import pytest
import torch
from mmcv.ops import DeformConv2d
from mmdet.registry import MODELS

from mmdet_sodgan.engine.hooks import ChannelsLastHook


def test_same_losses_and_gradients_as_in_the_contiguous_layout(sodgan_cfg, batch):
    results = []
    for hook in (None, ChannelsLastHook()):
        torch.manual_seed(0)
        model = MODELS.build(sodgan_cfg().model)
        model.init_weights()
        # Zero at the start, which would hide the generator from the comparison.
        torch.nn.init.normal_(model.generator.project.weight, std=0.1)
        if hook is not None:
            hook.before_run(SimpleNamespace(model=model))
            assert model.backbone.conv1.weight.is_contiguous(
                memory_format=torch.channels_last
            )
        torch.manual_seed(1)
        data = model.data_preprocessor(batch(), True)
        losses, _ = model(**data, mode='pair')
        total, log = model.parse_losses(losses)
        total.backward()
        grads = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
        results.append((log, grads))
    (log, grads), (other_log, other_grads) = results
    assert log.keys() == other_log.keys() and grads.keys() == other_grads.keys()
    for name, value in log.items():
        torch.testing.assert_close(value, other_log[name], rtol=1e-4, atol=1e-5)
    for name, grad in grads.items():
        torch.testing.assert_close(grad, other_grads[name], rtol=1e-3, atol=1e-4)


def test_same_detections_as_in_the_contiguous_layout(sodgan_cfg, batch):
    torch.manual_seed(0)
    model = MODELS.build(sodgan_cfg().model).eval()
    model.init_weights()
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    with torch.no_grad():
        before = model.test_step(batch())
        ChannelsLastHook().before_run(SimpleNamespace(model=model))
        after = model.test_step(batch())
    for one, other in zip(before, after, strict=True):
        one, other = one.pred_instances, other.pred_instances
        assert len(one) == len(other) > 0
        torch.testing.assert_close(one.bboxes, other.bboxes, rtol=0, atol=1e-2)
        torch.testing.assert_close(one.scores, other.scores, rtol=0, atol=1e-5)


def test_an_extractor_alone_pools_what_it_pools_in_the_contiguous_layout(
    build_sodgan, batch
):
    """mmcv's RoIAlign misreads the layout; no RoI head of ours is there to help."""
    model = build_sodgan().eval()
    data = model.data_preprocessor(batch(), False)
    # One of the reconstructed level and one of P2.
    rois = torch.tensor([[0.0, 4, 4, 40, 40], [1, 0, 0, 64, 64]])
    with torch.no_grad():
        before = model.roi_head.bbox_roi_extractor(
            model.extract_feat(data['inputs'])[:4], rois
        )
        ChannelsLastHook().before_run(SimpleNamespace(model=model))
        feats = model.extract_feat(data['inputs'])[:4]
        after = model.roi_head.bbox_roi_extractor(feats, rois)
    for level in (feats[0].map, feats[1]):
        assert level.is_contiguous(memory_format=torch.channels_last)
    assert before.std() > 0.01
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)


def test_deformable_convolution_is_refused():
    model = torch.nn.Sequential(DeformConv2d(4, 4, 3))
    with pytest.raises(ValueError, match='DeformConv2d misreads the channels-last'):
        ChannelsLastHook().before_run(SimpleNamespace(model=model))
