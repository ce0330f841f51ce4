"""What holds of every detector with a generator, wherever the generator stands.

``loss``, ``predict`` and ``train_step`` are all that it uses of them.
"""

import copy
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

CONFIGS = Path(__file__).parents[3] / 'configs'
DETECTORS = dict(
    pyramid='sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic.py',
    c4='sodgan/sodgan-faster-rcnn_r50-caffe_c4-1x_coco.py',
    cascade='sodgan/sodgan-cascade-rcnn_r50_fpn_1x_coco.py',
    mask='sodgan/sodgan-mask-rcnn_r50_fpn_1x_coco.py',
    retinanet='sodgan/sodgan-retinanet_r50_fpn_1x_coco.py',
    image='sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    roi='sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    mtgan='sod_mtgan/sod-mtgan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
)
WIDTH = 16
#: Where a config has them; those of a stage of a cascade are in each of the list.
NARROW = {
    'backbone.init_cfg': None,
    'neck.out_channels': WIDTH,
    'rpn_head.in_channels': WIDTH,
    'rpn_head.feat_channels': WIDTH,
    'bbox_head.in_channels': WIDTH,
    'bbox_head.feat_channels': WIDTH,
    'bbox_head.num_classes': 6,
    'roi_head.shared_head.init_cfg': None,
    'roi_head.bbox_roi_extractor.out_channels': WIDTH,
    'roi_head.bbox_head.in_channels': WIDTH,
    'roi_head.bbox_head.fc_out_channels': WIDTH,
    'roi_head.bbox_head.num_classes': 6,
    'roi_head.mask_roi_extractor.out_channels': WIDTH,
    'roi_head.mask_head.in_channels': WIDTH,
    'roi_head.mask_head.conv_out_channels': WIDTH,
    'roi_head.mask_head.num_classes': 6,
    'generator.in_channels': WIDTH,
    'generator.mid_channels': WIDTH,
    'generator.num_blocks': 1,
    'discriminator.conv_channels': WIDTH,
    'discriminator.fc_channels': WIDTH,
    'train_cfg.rpn_proposal.nms_pre': 100,
    'train_cfg.rpn_proposal.max_per_img': 50,
    'train_cfg.rcnn.sampler.num': 32,
    'test_cfg.rpn.nms_pre': 100,
    'test_cfg.rpn.max_per_img': 50,
    'test_cfg.rcnn.score_thr': 0.0,
    'test_cfg.score_thr': 0.0,
}
RESNET18 = {
    'backbone.depth': 18,
    'neck.in_channels': [64, 128, 256, 512],
    'roi_head.shared_head.depth': 18,
}
#: Its levels are those of the backbone.
C4 = {
    'rpn_head.in_channels': 256,
    'roi_head.bbox_roi_extractor.out_channels': 256,
    'roi_head.bbox_head.in_channels': 512,
    'generator.in_channels': 256,
    # Its box head is a stage of ResNet.
    'train_cfg.rpn_proposal.max_per_img': 20,
    'train_cfg.rcnn.sampler.num': 8,
    'test_cfg.rpn.max_per_img': 20,
}
R4 = {
    'data_preprocessor.scale_factor': 4,
    'roi_head.bbox_roi_extractor.featmap_strides': [1, 4, 8, 16, 32],
}
PAIR = ((128, 128), (128, 128))
#: Name to the detectors that it is about, options, images and objects in each.
SITUATIONS = {
    'objects': (DETECTORS, {}, PAIR, [4, 4]),
    'empty': (DETECTORS, {}, PAIR, [0, 0]),
    'sizes': (DETECTORS, {}, ((100, 140), (77, 61), (128, 96)), [3, 0, 2]),
    'r4': (('image', 'mtgan'), {'data_preprocessor.scale_factor': 4}, PAIR, [4, 4]),
    'pyramid-r4': (('pyramid',), R4, PAIR, [4, 4]),
    # Without a RoI for D.
    'large': (
        ('pyramid', 'image'),
        *({'roi_head.bbox_roi_extractor.finest_scale': 0.01}, PAIR, [4, 4]),
    ),
    'mtgan-large': (('mtgan',), {'max_small_side': 0.0}, PAIR, [4, 4]),
    'roi-large': (('roi',), {'roi_head.max_small_side': 0}, PAIR, [4, 4]),
    'detached': (
        ('image',),
        *({'detach_generator': True, 'composite_loss': dict(mse={})}, PAIR, [4, 4]),
    ),
}


@pytest.fixture(scope='module')
def cfgs(as_published):
    """Narrow configs with ResNet-18 and all terms, by name; to be copied."""
    found = {}
    for name, path in DETECTORS.items():
        cfg = Config.fromfile(str(CONFIGS / path))
        if name != 'mtgan':
            cfg.merge_from_dict(as_published)
        for options in (NARROW, RESNET18, C4 if name == 'c4' else {}):
            for key, value in options.items():
                set_where_it_is(cfg.model, key.split('.'), value)
        found[name] = cfg
    return found


def set_where_it_is(cfg, keys, value):
    """Set a key that there is, in each where the config has a list."""
    for each in cfg if isinstance(cfg, list) else [cfg]:
        if keys[0] in (each or ()) and keys[1:]:
            set_where_it_is(each[keys[0]], keys[1:], value)
        elif keys[0] in (each or ()):
            each[keys[0]] = value


@pytest.fixture
def build(cfgs):
    """Factory of a detector and its optimizers; G has left its start."""

    def make(name, options=None, wrapper='OptimWrapper'):
        torch.manual_seed(0)
        cfg = copy.deepcopy(cfgs[name])
        for key, value in (options or {}).items():
            *parents, last = key.split('.')
            part = cfg.model
            for parent in parents:
                part = part[parent]
            part[last] = value
        model = MODELS.build(cfg.model)
        model.init_weights()
        torch.nn.init.normal_(model.generator.project.weight, std=0.1)
        if getattr(model, 'teacher', None) is not None:
            neck = model.neck if model.with_neck else None
            model.teacher.update(model.backbone, neck)
        optimizers = cfg.optim_wrapper
        optimizers.type = optimizers.discriminator.type = wrapper
        return model.train(), build_optim_wrapper(model, optimizers)

    return make


@pytest.fixture
def make_batch(batch):
    """Factory of a batch; masks where the detector learns them."""

    def make(name, sizes=PAIR, num_items=(4, 4)):
        return batch(*sizes, num_items=list(num_items), with_mask=name == 'mask')

    return make


def parts(model, moved):
    """Children of the model whose parameters' names are given."""
    assert set(moved) <= dict(model.named_parameters()).keys()
    return {name.split('.')[0] for name in moved}


def learning(model):
    """The same of those that can learn."""
    return parts(model, [k for k, p in model.named_parameters() if p.requires_grad])


def moved_by(model, step):
    before = {k: p.clone() for k, p in model.named_parameters()}
    step()
    return parts(
        model, [k for k, p in model.named_parameters() if not torch.equal(p, before[k])]
    )


@pytest.mark.parametrize(
    'name, situation, wrapper',
    [
        (name, situation, wrapper)
        for situation, (names, *_) in SITUATIONS.items()
        for name in names
        for wrapper in ('OptimWrapper', 'AutocastOptimWrapper')
        # Each with one of the two, objects with both.
        if situation == 'objects'
        or (wrapper == 'OptimWrapper') is (situation in ('sizes', 'roi-large'))
    ],
)
def test_step_has_a_finite_gradient_for_every_parameter(
    build, make_batch, name, situation, wrapper
):
    """Processes of a distributed training wait for each, objects or not."""
    _, options, sizes, num_items = SITUATIONS[situation]
    if name == 'retinanet' and wrapper == 'AutocastOptimWrapper':
        # oneDNN's bfloat16 gradient of P7's convolution over a P6 of one cell is
        # memory that nobody has written.
        sizes = ((256, 256), (256, 256))
    model, wrappers = build(name, options, wrapper)
    stepped = []

    def check(optimizer, *_):
        stepped.append(optimizer)
        for group in optimizer.param_groups:
            learning = [p for p in group['params'] if p.requires_grad]
            assert learning and all(p.grad.isfinite().all() for p in learning)

    for each in wrappers.values():
        each.optimizer.register_step_pre_hook(check)
    log = model.train_step(make_batch(name, sizes, num_items), wrappers)
    assert len(stepped) == len(list(wrappers.values()))
    assert all(torch.as_tensor(value).isfinite().all() for value in log.values())
    assert all(value.isfinite().all() for value in model.state_dict().values())


@pytest.mark.parametrize('name', DETECTORS)
def test_a_step_of_each_group_moves_its_own_part_alone(build, make_batch, name):
    model, wrappers = build(name)
    moved = {}
    for kind in wrappers.keys():
        # The learning rate of one group at a time.
        for other, each in wrappers.items():
            for group in each.optimizer.param_groups:
                group['lr'] = 1e-2 if other == kind else 0.0
        moved[kind] = moved_by(
            model, lambda: model.train_step(make_batch(name), wrappers)
        )
    assert moved['discriminator'] == {'discriminator'}
    assert moved['generator'] == learning(model) - {'discriminator'}


@pytest.mark.parametrize('name', DETECTORS)
def test_losses_of_g_leave_no_gradient_in_d_and_teacher(build, make_batch, name):
    model, _ = build(name)
    losses = model(**model.data_preprocessor(make_batch(name), True), mode='loss')
    through_d = {f'loss_g_{term}' for term in ('adv', 'cls', 'reg')}
    assert through_d | {'loss_mse'} <= losses.keys()
    sum(losses[key] for key in through_d).backward(retain_graph=True)
    assert any(p.grad.any() for p in model.generator.parameters())
    total, _ = model.parse_losses(losses)
    total.backward()
    for part in (model.discriminator, getattr(model, 'teacher', None)):
        if part is not None:
            assert all(p.grad is None for p in part.parameters())
            assert any(p.requires_grad for p in part.parameters()) is (
                part is model.discriminator
            )


@pytest.mark.parametrize('mode', ['paired', 'native'])
@pytest.mark.parametrize('name', DETECTORS)
def test_boxes_come_out_in_the_original_without_what_only_training_needs(
    build, make_batch, name, mode
):
    model, _ = build(name, {'data_preprocessor.test_mode': mode})
    model.eval()
    for part in model.training_only:
        setattr(model, part, None)
    height, width = 127, 91
    # The pipeline made the image from one of three times its sides.
    original = (3 * height, 3 * width)
    boxes = []
    for rescale in (False, True):
        data = make_batch(name, ((height, width),), (3,))
        meta = dict(ori_shape=original, scale_factor=(1 / 3, 1 / 3))
        data['data_samples'][0].set_metainfo(meta)
        data = model.data_preprocessor(data, False)
        with torch.no_grad():
            (result,) = model.predict(
                data['inputs'], data['data_samples'], rescale=rescale
            )
        boxes.append(result.pred_instances.bboxes)
    # Pixels of the pipeline's image in one of the frame.
    frame = {'paired': 2.0, 'native': 1.0}[mode] / {'lr': 1, 'hr': 2}[model.frame]
    expected = boxes[0] * 3 * frame
    expected[:, 0::2].clamp_(0, original[1])
    expected[:, 1::2].clamp_(0, original[0])
    assert len(expected) > 10 and expected.max() > 0.9 * original[1]
    torch.testing.assert_close(boxes[1], expected)
