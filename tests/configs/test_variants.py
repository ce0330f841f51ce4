"""What variants of a config change, and what they leave as it is."""

import pytest
import torch
from mmdet.registry import MODELS

R50_FPN = 'faster-rcnn_r50_fpn', '_1x_coco.py'
R50_C4 = 'faster-rcnn_r50-caffe_c4', '-1x_coco.py'


@pytest.mark.parametrize(
    ('family', 'term'),
    [(R50_FPN, term) for term in ('adv', 'cls', 'reg', 'mse', 'tv', 'gan')]
    + [(R50_C4, term) for term in ('adv', 'cls')],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_ablation_lacks_its_term_only(load, family, term):
    full = load('sodgan/sodgan-' + ''.join(family))
    cfg = load(f'sodgan/sodgan-{family[0]}_wo-{term}_1x_coco.py')
    terms = {k for k, v in full.model.composite_loss.items() if v}
    left = {k for k, v in cfg.model.composite_loss.items() if v}
    assert terms >= {'adv', 'cls', 'reg', 'mse', 'tv'}
    assert left == (set() if term == 'gan' else terms - {term})
    # The control has no use for the HR image.
    assert cfg.model.data_preprocessor.with_hr is (term != 'gan')
    cfg.model.data_preprocessor.with_hr = True
    cfg.model.composite_loss = full.model.composite_loss
    assert cfg.to_dict() == full.to_dict()


@pytest.mark.parametrize('family', [R50_FPN, R50_C4], ids=lambda family: family[0])
def test_wo_reconstruction_is_the_detector_below_sodgan(load, family):
    full = load('sodgan/sodgan-' + ''.join(family))
    cfg = load(f'baselines/{family[0]}_lr_wo-reconstruction_1x_coco.py')
    assert cfg.load_from == full.load_from
    assert cfg.train_dataloader == full.train_dataloader
    assert cfg.param_scheduler == full.param_scheduler
    assert cfg.optim_wrapper.optimizer == full.optim_wrapper.optimizer
    assert cfg.model.backbone == full.model.backbone
    assert cfg.model.get('neck') == full.model.get('neck')
    preprocessor = dict(full.model.data_preprocessor, with_hr=False)
    assert dict(scale_factor=2, **cfg.model.data_preprocessor) == preprocessor
    model = MODELS.build(cfg.model)
    assert type(model).__name__ == 'FasterRCNN'
    weights = model.state_dict()
    whole = MODELS.build(full.model).state_dict()
    # A head of the new level apart, the rest is the same network.
    assert set(weights) <= set(whole)
    assert all(weights[key].shape == whole[key].shape for key in weights)


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
    # The teacher's, of 16 to 256 px, at r = 2, and what its next level would have.
    assert [side.item() for side in sides] == [8, 16, 32, 64, 128, 256]
    # The ordinary levels keep their RoIs.
    rois = torch.tensor([[0.0, 0, 0, side, side] for side in range(4, 150)])
    levels = [m.roi_head.bbox_roi_extractor.map_roi_levels(rois, 5) for m in (r2, r4)]
    assert torch.equal(*levels) and set(levels[0].tolist()) == {0, 1, 2}
