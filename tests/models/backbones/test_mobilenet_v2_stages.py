import torch
from mmdet.models.backbones import MobileNetV2

from mmdet_sodgan.models import MobileNetV2Stages


def test_maps_are_the_first_of_mmdets():
    torch.manual_seed(0)
    whole, stages = MobileNetV2(out_indices=(1, 2)), MobileNetV2Stages()
    # mmdet's returns nothing.
    whole.eval()
    stages.eval()
    own = stages.state_dict()
    stages.load_state_dict({k: v for k, v in whole.state_dict().items() if k in own})
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        found = stages(image)
        torch.testing.assert_close(found, whole(image))
    assert [x.shape for x in found] == [(1, 24, 16, 24), (1, 32, 8, 12)]


def test_nothing_that_the_maps_do_not_need_is_there():
    stages = MobileNetV2Stages()
    sum(x.sum() for x in stages(torch.randn(1, 3, 32, 32))).backward()
    assert all(p.grad is not None for p in stages.parameters())
