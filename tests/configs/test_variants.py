"""What variants of a config change, and what they leave as it is."""

import re
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS

R50_FPN = 'faster-rcnn_r50_fpn', '_1x_coco.py'
R50_C4 = 'faster-rcnn_r50-caffe_c4', '-1x_coco.py'
SODGAN = sorted((Path(__file__).parents[2] / 'configs/sodgan').glob('*.py'))


def weights(cfg):
    """Weights of the terms that have one."""
    terms = cfg.model.composite_loss.items()
    return {k: v.loss_weight for k, v in terms if v and v.loss_weight}


@pytest.mark.parametrize('path', SODGAN, ids=lambda path: path.stem)
def test_terms_through_d_are_on_where_they_pay_or_the_name_says_so(load, path):
    on = weights(load(f'sodgan/{path.name}')).keys() & {'adv', 'cls', 'reg'}
    named = re.search('_(as-published|wo-(adv|cls|reg|mse|tv))_', path.name)
    # docs/lab_notes/discriminator.md
    pays = path.stem == 'sodgan-faster-rcnn_r18_fpn_small_deeppcb-160'
    assert bool(on) is (pays or bool(named))


@pytest.mark.parametrize('family', [R50_FPN, R50_C4], ids=lambda family: family[0])
def test_the_source_has_the_terms_through_d_and_no_alignment(load, family):
    cfg = load('sodgan/sodgan-' + ''.join(family))
    full = load(f'sodgan/sodgan-{family[0]}_as-published_1x_coco.py')
    of_d = dict(adv=1e-2, cls=0.1, reg=0.1)
    own = weights(cfg)
    own.pop('align', None)
    assert weights(full) == own | of_d
    assert weights(cfg).keys().isdisjoint(of_d)
    full.pop('as_published')
    full.model.composite_loss = cfg.model.composite_loss
    assert full.to_dict() == cfg.to_dict()


@pytest.mark.parametrize(
    ('family', 'term'),
    [(R50_FPN, term) for term in ('adv', 'cls', 'reg', 'mse', 'tv')]
    + [(R50_C4, term) for term in ('adv', 'cls')],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_ablation_lacks_its_term_only(load, family, term):
    full = load(f'sodgan/sodgan-{family[0]}_as-published_1x_coco.py')
    cfg = load(f'sodgan/sodgan-{family[0]}_wo-{term}_1x_coco.py')
    expected = weights(full)
    assert expected.pop(term)
    assert weights(cfg) == expected
    for each in (full, cfg):
        each.pop('as_published')
    cfg.model.composite_loss = full.model.composite_loss
    assert cfg.to_dict() == full.to_dict()


def test_the_control_has_no_use_for_the_hr_image(load):
    full = load('sodgan/sodgan-' + ''.join(R50_FPN))
    cfg = load(f'sodgan/sodgan-{R50_FPN[0]}_wo-gan_1x_coco.py')
    assert not weights(cfg) and not cfg.model.data_preprocessor.with_hr
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
