"""Every config builds; those with a graph of their own train a step and predict."""

import json

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapperDict, build_optim_wrapper


@pytest.fixture
def inputs(batch):
    """Factory of a batch with the annotations that a model learns from."""

    def make(cfg):
        roi_head = cfg.model.get('roi_head') or {}
        data = batch(
            *image_sizes(cfg),
            with_mask='mask_head' in roi_head,
            with_semantic='semantic_head' in cfg.model,
        )
        # The fixture's six classes are more than some configs have.
        for sample in data['data_samples']:
            sample.gt_instances.labels.clamp_(max=box_head(cfg.model).num_classes - 1)
        return data

    return make


def image_sizes(cfg):
    """Height and width in px of the images, as small and few as the model allows."""
    if 'input_size' in cfg:
        # SSD has its last levels at its own size only. That of one cell is too little
        # for BatchNorm in one image.
        images = 1 if cfg.model.backbone.type == 'SSDVGG' else 2
        return [(cfg.input_size, cfg.input_size)] * images
    if cfg.model.backbone.type == 'HourglassNet':
        # BatchNorm over the one position of a smaller image's deepest level makes
        # the gradients overflow.
        return [(256, 256)]
    return [(128, 128), (128, 96)]


def box_head(model):
    """Config of the head that predicts the boxes, of a cascade the last."""
    head = model.roi_head.bbox_head if 'roi_head' in model else model.bbox_head
    return head[-1] if isinstance(head, list) else head


def check_discriminator(path, cfg, model, optim_wrapper):
    """It is there, and trained, where a term of the loss needs it."""
    discriminator = getattr(model, 'discriminator', None)
    assert isinstance(optim_wrapper, OptimWrapperDict)
    assert ('discriminator' in optim_wrapper) is (discriminator is not None)
    terms = (cfg.model.composite_loss.get(x) for x in ('adv', 'cls', 'reg'))
    sampled = any(term is not None and term.loss_weight > 0 for term in terms)
    assert (discriminator is not None) is sampled
    assert not (sampled and 'wo-gan' in path.stem)


#: What configs of one graph differ in.
VALUES = {
    *('num_classes', 'mean', 'std', 'init_cfg', 'checkpoint'),
    *('target_stds', 'momentum', 'score_thr', 'max_per_img', 'nms_pre'),
}


def graph(cfg):
    """The part of a model's config that decides which code runs."""
    if isinstance(cfg, dict):
        found = {k: graph(v) for k, v in cfg.items() if k not in VALUES}
        # A term without weight is not built, and ResNets have two kinds of blocks.
        if 'loss_weight' in found:
            found['loss_weight'] = found['loss_weight'] != 0
        if 'depth' in found:
            found['depth'] = found['depth'] >= 50
        return found
    return [graph(x) for x in cfg] if isinstance(cfg, list | tuple) else cfg


@pytest.fixture(scope='module')
def trained():
    """Graphs that have been trained, as JSON."""
    return set()


def test_config_builds_and_each_graph_trains_a_step_and_predicts(
    load, inputs, runnable, trained
):
    cfg = load(runnable, narrow=True)
    # As mmengine's runner does where there is one process.
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    if runnable.parent.name != 'baselines':
        check_discriminator(runnable, cfg, model, optim_wrapper)
    key = json.dumps(graph(cfg.model.to_dict()), sort_keys=True, default=str)
    if key in trained:
        return
    model.init_weights()
    check_training(cfg, model.train(), optim_wrapper, inputs)
    check_prediction(cfg, model.eval(), inputs)
    trained.add(key)


def check_training(cfg, model, optim_wrapper, inputs):
    """A step moves every part that learns."""
    before = {k: p.clone() for k, p in model.named_parameters() if p.requires_grad}
    # At its start DINO attends alike for all queries, of which this is a part.
    before.pop('level_embed', None)
    log = model.train_step(inputs(cfg), optim_wrapper)
    assert all(torch.as_tensor(value).isfinite().all() for value in log.values())
    moved = {
        key.split('.')[0]
        for key, value in model.named_parameters()
        if key in before and not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}


def check_prediction(cfg, model, inputs):
    """Its boxes are finite, its labels those of the config, and few enough."""
    with torch.no_grad():
        results = model.test_step(inputs(cfg))
    test_cfg = cfg.model.test_cfg
    limit = test_cfg.get('rcnn', test_cfg).max_per_img
    classes = box_head(cfg.model).num_classes
    assert len(results) == len(image_sizes(cfg))
    for result in results:
        instances = result.pred_instances
        assert len(instances) <= limit
        assert instances.bboxes.isfinite().all() and instances.scores.isfinite().all()
        assert ((0 <= instances.labels) & (instances.labels < classes)).all()
