import torch
from mmengine.config import ConfigDict

from mmdet_sodgan.models import DSSDHead, PredictingSSDHead

KWARGS = dict(
    num_classes=3,
    anchor_generator=dict(
        type='SSDAnchorGenerator',
        scale_major=False,
        min_sizes=[8, 16],
        max_sizes=[16, 32],
        strides=[8, 16],
        ratios=[[1.6, 2, 3]] * 2,
    ),
    test_cfg=ConfigDict(nms_pre=100),
)


def test_predicts_eight_boxes_a_cell_from_transformed_levels():
    head = DSSDHead(in_channels=[4, 6], feat_channels=8, **KWARGS).eval()
    levels = torch.randn(1, 4, 8, 8), torch.randn(1, 6, 4, 4)
    with torch.no_grad():
        scores, boxes = head(levels)
        assert [x.shape for x in scores] == [(1, 8 * 4, 8, 8), (1, 8 * 4, 4, 4)]
        assert [x.shape for x in boxes] == [(1, 8 * 4, 8, 8), (1, 8 * 4, 4, 4)]
        # SSD's head, behind the modules.
        plain = PredictingSSDHead(in_channels=[8, 8], **KWARGS).eval()
        plain.load_state_dict(head.state_dict(), strict=False)
        maps = [
            (block.branch(x) + block.skip(x)).clamp(min=0)
            for block, x in zip(head.prediction_modules, levels, strict=True)
        ]
        torch.testing.assert_close((scores, boxes), plain(maps))


def test_default_boxes_have_the_ratios_of_the_paper():
    """Fu et al., section 3: 1, 1.6, 2, 3 and their inverses; 1 in two sizes."""
    head = DSSDHead(in_channels=[4, 6], feat_channels=8, **KWARGS)
    for anchors in head.prior_generator.base_anchors:
        width, height = (anchors[:, 2:] - anchors[:, :2]).T
        expected = torch.tensor([1 / 3, 1 / 2, 1 / 1.6, 1, 1, 1.6, 2, 3])
        torch.testing.assert_close((width / height).sort().values, expected)
