import torch
from mmdet.models.task_modules.coders import DeltaXYWHBBoxCoder

from mmdet_sodgan.deploy.boxes import decode_boxes, image_limits


def test_boxes_move_as_by_mmdets_coder():
    corner, sides = torch.rand(50, 2) * 90, torch.rand(50, 2) * 30 + 1
    boxes, deltas = torch.cat([corner, corner + sides], 1), torch.randn(50, 4) * 20
    images = torch.zeros(1, 3, 80, 100)
    for clip in (True, False):
        coder = DeltaXYWHBBoxCoder(
            (0.1, 0.0, 0.0, 0.2), (0.1, 0.1, 0.2, 0.2), clip_border=clip
        )
        expected = coder.decode(boxes, deltas, max_shape=(80, 100))
        moved = decode_boxes(coder, boxes, deltas, image_limits(images))
        torch.testing.assert_close(moved, expected)
        assert clip == bool(moved.max() <= 100)
