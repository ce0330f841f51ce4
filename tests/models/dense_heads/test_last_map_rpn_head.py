import torch
from mmdet.models.dense_heads import RPNHead

from mmdet_sodgan.models import LastMapRPNHead


def test_predicts_from_the_last_of_several_maps_as_mmdets_rpn():
    anchors = dict(type='AnchorGenerator', scales=[2], ratios=[1.0], strides=[16])
    head = LastMapRPNHead(4, feat_channels=4, anchor_generator=anchors)
    reference = RPNHead(4, feat_channels=4, anchor_generator=anchors)
    reference.load_state_dict(head.state_dict())
    last = torch.randn(2, 4, 3, 5)
    found = head((torch.randn(2, 7, 6, 10), last))
    torch.testing.assert_close(found, reference((last,)))
