import torch
from mmcv.ops import RoIAlign

from mmdet_sodgan.models.utils import for_roi_align, pool_rois

LAYER = RoIAlign((7, 7), 1 / 4, 2)


def test_layout_and_half_precision_do_not_matter():
    feat = torch.randn(2, 3, 16, 16).bfloat16()
    rois = torch.tensor([[0.0, 4, 4, 40, 40], [1, 0, 0, 20, 60]])
    expected = pool_rois(LAYER, feat.float(), rois)
    other = feat.to(memory_format=torch.channels_last)
    torch.testing.assert_close(pool_rois(LAYER, other, rois), expected)
    assert for_roi_align(other).is_contiguous()


def test_nothing_is_pooled_without_the_kernel_and_with_a_graph():
    feat = torch.randn(2, 3, 16, 16, requires_grad=True)

    def refuse(*args):
        raise AssertionError('CUDA would fail')

    handle = LAYER.register_forward_pre_hook(refuse)
    pooled = pool_rois(LAYER, feat.bfloat16(), torch.zeros(0, 5))
    handle.remove()
    assert pooled.shape == (0, 3, 7, 7) and pooled.dtype == torch.float32
    pooled.sum().backward()
    assert not feat.grad.any()
