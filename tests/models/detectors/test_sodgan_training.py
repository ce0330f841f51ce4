import pytest
import torch
from mmengine.optim import build_optim_wrapper


@pytest.fixture
def train(build_sodgan, sodgan_cfg):
    """Take two training steps; give the model and the log of each."""

    def run(data, options=None):
        model = build_sodgan(options)
        wrapper = build_optim_wrapper(model, sodgan_cfg(options).optim_wrapper)
        logs = []
        for _ in range(2):
            logs.append(model.train_step(data(), wrapper))
        for log in logs:
            for name, value in log.items():
                assert value.isfinite(), name
        for name, value in model.state_dict().items():
            assert value.isfinite().all(), name
        return model, logs

    return run


def test_images_without_objects_train(train, batch):
    _, logs = train(lambda: batch(num_items=[0, 0]))
    for log in logs:
        assert log['loss_bbox'] == log['loss_d_reg'] == log['loss_g_reg'] == 0
        assert log['loss_d_real'] > 0


def test_batches_without_positive_rois_train(train, batch):
    options = {
        'model.train_cfg.rcnn.assigner.pos_iou_thr': 1.1,
        'model.train_cfg.rcnn.sampler.add_gt_as_proposals': False,
    }
    _, logs = train(lambda: batch(num_items=[3, 3]), options)
    for log in logs:
        assert log['loss_bbox'] == log['loss_d_reg'] == log['loss_g_reg'] == 0


def test_batches_without_a_sampled_roi_train(train, batch):
    options = {'model.roi_head.bbox_roi_extractor.finest_scale': 0.01}
    _, logs = train(batch, options)
    for log in logs:
        for name in ('real', 'fake', 'cls', 'reg'):
            assert log[f'loss_d_{name}'] == 0


@pytest.mark.parametrize('mode', ['vanilla', 'non_saturating'])
def test_every_adversarial_mode_trains(train, batch, mode):
    train(batch, {'model.composite_loss.adv.mode': mode})


def test_step_moves_every_part_that_learns_and_not_the_target(
    build_sodgan, sodgan_cfg, batch
):
    model = build_sodgan()
    wrapper = build_optim_wrapper(model, sodgan_cfg().optim_wrapper)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    # Two, as G's last layer starts at zero and holds the others back.
    for _ in range(2):
        model.train_step(batch(), wrapper)
    still = {k for k, v in model.state_dict().items() if torch.equal(v, before[k])}
    parameters = dict(model.named_parameters())
    assert {
        k for k in still & parameters.keys() if parameters[k].requires_grad
    } == set()
    assert {k for k in before if k.startswith('teacher.')} <= still


def test_logged_losses_hold_both_sides(train, batch):
    _, logs = train(batch)
    sides = {'loss_d_real', 'loss_d_fake', 'd_real', 'd_fake', 'loss_g_adv'}
    assert sides <= logs[0].keys()
    generator = (
        value
        for name, value in logs[0].items()
        if name.startswith('loss_') and not name.startswith('loss_d_')
    )
    # D's own objective is no part of the total.
    torch.testing.assert_close(logs[0]['loss'], sum(generator))


def test_reconstruction_terms_train_the_generator_alone(build_sodgan, batch):
    model = build_sodgan()
    model.teacher.update(model.backbone, model.neck)
    data = model.data_preprocessor(batch(), True)
    losses = model(**data, mode='loss')
    (losses['loss_mse'] + losses['loss_tv']).backward()
    moved = {
        name.split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }
    assert moved == {'generator'}
