import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from mmdet_sodgan.models.dense_heads import KeypointTripletHead
from mmdet_sodgan.models.dense_heads.keypoint_triplet_head import central_region

#: Of an image with a border at its top and left, of two classes.
META = dict(batch_input_shape=(128, 256), border=(8, 120, 16, 240), scale_factor=(2, 2))
#: Sides in cells of 4 px.
SIZE = 32, 64


@pytest.fixture
def head():
    head = KeypointTripletHead(
        num_classes=2,
        in_channels=8,
        test_cfg=ConfigDict(
            corner_topk=40,
            local_maximum_kernel=3,
            distance_threshold=0.5,
            max_per_img=10,
            nms=dict(type='soft_nms', iou_threshold=0.5, method='gaussian'),
        ),
    )
    head.init_weights()
    return head


def heatmap(score, label, x, y):
    """Before the sigmoid, ``(1, 2, H, W)``, of one keypoint."""
    heat = torch.full((1, 2, *SIZE), -20.0)
    heat[0, label, y, x] = torch.tensor(score).logit()
    return heat


def test_central_region_is_that_of_the_paper():
    boxes = torch.tensor([[10.0, 20, 100, 140], [0, 0, 300, 100], [0, 0, 150, 150]])
    # n = 3, n = 5 and n = 3: the middle third and the middle fifth.
    expected = [[40.0, 60, 70, 100], [120, 40, 180, 60], [50, 50, 100, 100]]
    torch.testing.assert_close(central_region(boxes), torch.tensor(expected))


def test_forward_gives_maps_of_corners_and_centers(head):
    maps = head([torch.rand(2, 8, *SIZE)] * 2)
    channels = [2, 2, 1, 1, 2, 2, 2, 2]
    assert [[tuple(x.shape) for x in stacks] for stacks in maps] == [
        [(2, count, *SIZE)] * 2 for count in channels
    ]


@pytest.mark.parametrize(
    ('label', 'x', 'confirmed'),
    [(1, 20, True), (1, 30, False), (0, 20, False)],
    ids=['center', 'outside the region', 'other class'],
)
def test_box_stays_where_a_center_of_its_class_confirms_it(head, label, x, confirmed):
    head.test_cfg.corner_topk = 1
    pairs = InstanceData(
        bboxes=torch.tensor([[24.0, 16, 104, 96]]),
        scores=torch.tensor([0.6]),
        labels=torch.tensor([1]),
    )
    # Cell (20, 16) and half a cell are 82 and 66 px, less the border 66 and 58.
    off = torch.full((1, 2, *SIZE), 0.5)
    found = head._confirm(pairs, heatmap(0.9, label, x, 16), off, META)
    assert len(found) is int(confirmed)
    # The mean of the three points, of which the pair's score is that of two.
    torch.testing.assert_close(found.scores, torch.tensor([0.7] * confirmed))


def test_predicts_a_triplet_in_pixels_of_the_original_image(head):
    none, off = torch.zeros(1, 1, *SIZE), torch.zeros(1, 2, *SIZE)
    maps = [heatmap(0.9, 1, 10, 6), heatmap(0.8, 1, 30, 26), none, none, off, off]
    maps += [heatmap(0.7, 1, 20, 16), off]
    # Only the last stack predicts.
    maps = [[torch.zeros_like(x), x] for x in maps]
    (found,) = head.predict_by_feat(*maps, batch_img_metas=[META], rescale=True)
    best = found[found.scores.argmax().item()]
    assert best.scores.item() == pytest.approx(0.8) and best.labels.item() == 1
    expected = (torch.tensor([[40.0, 24, 120, 104]]) - torch.tensor([16, 8, 16, 8])) / 2
    torch.testing.assert_close(best.bboxes, expected)


def test_centers_are_trained_to_lie_in_the_middle_of_boxes(head):
    maps = [[x, x] for x in (torch.zeros(1, c, *SIZE) for c in (2, 2, 1, 1, 2, 2))]
    truth = InstanceData(
        bboxes=torch.tensor([[40.0, 24, 126, 105]]), labels=torch.tensor([1])
    )
    # The center (83, 64.5) px lies in cell (20, 16), at 0.75 and 0.125 of it.
    off = torch.tensor([0.75, 0.125]).view(1, 2, 1, 1).expand(1, 2, *SIZE)
    right, wrong = heatmap(0.9, 1, 20, 16), heatmap(0.9, 1, 21, 16)
    losses = head.loss_by_feat(
        *maps, [right, wrong], [off, off + 1], [truth], [META], None
    )
    assert losses['ct_det_loss'][0] < 0.1 < losses['ct_det_loss'][1]
    assert losses['ct_off_loss'][0] == 0
    # Half of the smooth L1 of one cell in both directions.
    assert losses['ct_off_loss'][1].item() == pytest.approx(0.5)
    assert {'det_loss', 'off_loss', 'pull_loss', 'push_loss'} < losses.keys()


def test_a_center_weighs_as_much_as_a_corner(head):
    embeddings = [torch.zeros(1, 1, *SIZE)] * 2
    off = torch.zeros(1, 2, *SIZE)
    # Each point is missed by as much: cells (10, 6), (30, 26) and (20, 16).
    truth = InstanceData(
        bboxes=torch.tensor([[40.0, 24, 120, 104]]), labels=torch.tensor([1])
    )
    right = [heatmap(0.9, 1, *cell) for cell in ((10, 6), (30, 26), (20, 16))]
    missed = torch.full_like(off, -20.0)

    def loss(heats):
        maps = [*heats[:2], *embeddings, off, off, heats[2], off]
        maps = [[x, x] for x in maps]
        losses = head.loss_by_feat(*maps, [truth], [META], None)
        return losses['det_loss'][0] + losses['ct_det_loss'][0]

    worse = [
        loss([*right[:i], missed, *right[i + 1 :]]) - loss(right) for i in range(3)
    ]
    torch.testing.assert_close(worse[2], worse[0])
    torch.testing.assert_close(worse[2], worse[1])
