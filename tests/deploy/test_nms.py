import torch
from mmcv.ops import batched_nms

from mmdet_sodgan.deploy.nms import ABSENT, grouped_nms, top_scores


def random_boxes(*shape):
    corner, sides = torch.rand(*shape, 2) * 50, torch.rand(*shape, 2) * 30 + 1
    return torch.cat([corner, corner + sides], -1)


def test_groups_are_kept_apart_as_by_mmcv():
    boxes, scores = random_boxes(2, 3, 40), torch.rand(2, 3, 40)
    kept = grouped_nms(boxes, scores, 0.4, 0.2, 25)
    groups = torch.arange(3)[:, None].expand(3, 40).flatten()
    for i in range(2):
        valid = scores[i].flatten() > 0.2
        flat = boxes[i].flatten(0, 1)[valid], scores[i].flatten()[valid]
        dets, index = batched_nms(*flat, groups[valid], dict(iou_threshold=0.4))
        assert 25 < len(index) < valid.sum()
        torch.testing.assert_close(kept.boxes[i], dets[:25, :4])
        torch.testing.assert_close(kept.scores[i], dets[:25, 4])
        assert kept.groups[i].tolist() == groups[valid][index[:25]].tolist()


def test_short_lists_are_filled_with_absent_boxes():
    scores = torch.tensor([[[0.9, 0.1]], [[0.1, 0.1]]])
    boxes = torch.tensor([0.0, 0, 1, 1]).expand(2, 1, 2, 4)
    kept = grouped_nms(boxes, scores, 0.5, 0.2, 3)
    expected = torch.tensor([[0.9, ABSENT, ABSENT], 3 * [ABSENT]])
    torch.testing.assert_close(kept.scores, expected)


def test_top_scores_of_too_few_are_filled():
    top, index = top_scores(torch.tensor([[0.2, 0.7]]), 3)
    assert top.tolist() == [[torch.tensor(0.7), torch.tensor(0.2), ABSENT]]
    assert index.tolist() == [[1, 0, 0]]
