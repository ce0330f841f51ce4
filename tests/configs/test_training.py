"""Every config builds, trains a step and predicts."""

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
        # SSD has its last levels at its own size only.
        return [(cfg.input_size, cfg.input_size)]
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


def test_config_takes_a_training_step_and_predicts(load, inputs, trainable):
    cfg = load(trainable)
    # As mmengine's runner does where there is one process.
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    model.init_weights()
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    if trainable.parent.name != 'baselines':
        check_discriminator(trainable, cfg, model, optim_wrapper)
    before = {k: p.clone() for k, p in model.named_parameters() if p.requires_grad}
    log = model.train_step(inputs(cfg), optim_wrapper)
    assert all(torch.as_tensor(value).isfinite().all() for value in log.values())
    moved = {
        key.split('.')[0]
        for key, value in model.named_parameters()
        if key in before and not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}

    model.eval()
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
