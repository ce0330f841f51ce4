import torch

from mmdet_sodgan.models import IRNNContext


def test_context_at_every_position_reads_the_whole_last_map():
    neck = IRNNContext(4)
    neck.init_weights()
    maps = torch.rand(1, 2, 10, 14), torch.rand(1, 4, 5, 7, requires_grad=True)
    context, *others = neck(maps)
    assert all(x is y for x, y in zip(others, maps, strict=True))
    assert context.shape == maps[-1].shape and context.min() >= 0
    # A corner depends on the opposite one.
    neck.layers = neck.layers[:-1]  # whose ReLU may be closed
    (grad,) = torch.autograd.grad(neck(maps)[0][..., 0, 0].sum(), maps[-1])
    assert grad.abs().sum(1).all()
