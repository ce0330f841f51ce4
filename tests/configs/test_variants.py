"""What variants of a config change, and what they leave as it is."""

import pytest
import torch
from mmdet.registry import MODELS


@pytest.mark.parametrize(
    'term', ['adv', 'cls', 'reg', 'mse', 'tv', 'gan'], ids=lambda term: f'wo-{term}'
)
def test_ablation_lacks_its_term_only(load, term):
    full = load('sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py')
    cfg = load(f'sodgan/sodgan-faster-rcnn_r50_fpn_wo-{term}_1x_coco.py')
    terms = {k for k, v in full.model.composite_loss.items() if v}
    left = {k for k, v in cfg.model.composite_loss.items() if v}
    assert terms == {'adv', 'cls', 'reg', 'mse', 'tv', 'align'}
    assert left == (set() if term == 'gan' else terms - {term})
    # The control has no use for the HR image.
    assert cfg.model.data_preprocessor.with_hr is (term != 'gan')
    cfg.model.data_preprocessor.with_hr = True
    cfg.model.composite_loss = full.model.composite_loss
    assert cfg.to_dict() == full.to_dict()


def test_r4_has_the_anchors_of_r2_on_a_finer_grid(load):
    paths = ('small_deeppcb-160', 'small_r4_deeppcb-160')
    r2, r4 = (
        MODELS.build(load(f'sodgan/sodgan-faster-rcnn_r18_fpn_{path}.py').model)
        for path in paths
    )
    assert (r2.data_preprocessor.scale_factor, r4.data_preprocessor.scale_factor) == (
        2,
        4,
    )
    assert (r2.generator.out_stride, r4.generator.out_stride) == (2, 1)
    anchors = [model.rpn_head.prior_generator.base_anchors for model in (r2, r4)]
    torch.testing.assert_close(*anchors, rtol=0, atol=0)
    sides = [anchor[1, 2] - anchor[1, 0] for anchor in anchors[1]]
    assert [side.item() for side in sides] == [8, 16, 32, 64, 128, 256]
    # The ordinary levels keep their RoIs.
    rois = torch.tensor([[0.0, 0, 0, side, side] for side in range(4, 150)])
    levels = [m.roi_head.bbox_roi_extractor.map_roi_levels(rois, 5) for m in (r2, r4)]
    assert torch.equal(*levels) and set(levels[0].tolist()) == {0, 1, 2}
