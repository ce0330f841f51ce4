import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper

from mmdet_sodgan.structures import GANSchedule


def _group(model, name):
    """Parameters of an optimizer group, copied."""
    return {
        key: value.detach().clone()
        for key, value in model.named_parameters()
        if value.requires_grad
        and key.startswith('discriminator.') == (name == 'discriminator')
    }


def _differing(before, after):
    return {key for key in before if not torch.equal(before[key], after[key])}


@pytest.fixture
def observed_step(build_sodgan, batch, sgd_wrappers):
    """One train_step with the state of both groups around each optimizer step."""
    model = build_sodgan()
    wrappers = sgd_wrappers(model)
    events = []

    def observe(group, moment):
        def hook(*_):
            events.append(
                dict(
                    group=group,
                    moment=moment,
                    generator=_group(model, 'generator'),
                    discriminator=_group(model, 'discriminator'),
                    discriminator_state=copy.deepcopy(model.discriminator.state_dict()),
                    with_grad={
                        key
                        for key, value in model.named_parameters()
                        if value.grad is not None
                    },
                )
            )

        return hook

    for group, wrapper in wrappers.items():
        assert all(settings['lr'] > 0 for settings in wrapper.param_groups)
        wrapper.optimizer.register_step_pre_hook(observe(group, 'before'))
        wrapper.optimizer.register_step_post_hook(observe(group, 'after'))
    model.train_step(batch(), wrappers)
    return model, events


def test_discriminator_is_updated_before_the_generator(observed_step):
    _, events = observed_step
    assert [(event['group'], event['moment']) for event in events] == [
        ('discriminator', 'before'),
        ('discriminator', 'after'),
        ('generator', 'before'),
        ('generator', 'after'),
    ]


def test_d_step_changes_every_parameter_of_d_and_no_other(observed_step):
    _, (before, after, *_) = observed_step
    changed = _differing(before['discriminator'], after['discriminator'])
    assert changed == before['discriminator'].keys()
    assert not _differing(before['generator'], after['generator'])


def test_g_step_leaves_the_discriminator_unchanged(observed_step):
    model, (_, after_d_step, before, after) = observed_step
    assert _differing(before['generator'], after['generator'])
    assert not _differing(before['discriminator'], after['discriminator'])
    # Buffers included: the pass of G's samples moves no spectral normalisation.
    assert not _differing(
        after_d_step['discriminator_state'], model.discriminator.state_dict()
    )


def test_g_step_changes_every_part_of_the_detector(observed_step):
    _, (_, _, before, after) = observed_step
    changed = _differing(before['generator'], after['generator'])
    parts = {key.split('.')[0] for key in changed}
    assert parts == {'backbone', 'neck', 'generator', 'rpn_head', 'roi_head'}


def test_each_backward_reaches_its_own_group_only(observed_step):
    _, (before_d_step, _, before_g_step, _) = observed_step
    assert before_d_step['with_grad'] == before_d_step['discriminator'].keys()
    assert not before_g_step['with_grad'] & before_g_step['discriminator'].keys()


def test_discriminators_gradient_does_not_depend_on_the_adversarial_losses(
    build_sodgan, batch, sgd_wrappers
):
    gradients = []
    for adversarial in (0.0, 1.0):
        model = build_sodgan()
        model.gan_schedule = GANSchedule(adversarial=adversarial)
        # Two counts, so that the gradient is still there after the iteration.
        wrappers = sgd_wrappers(model, accumulation=2)
        torch.manual_seed(1)
        log = model.train_step(batch(), wrappers)
        assert ('loss_g_adv' in log) == bool(adversarial)
        gradients.append({k: p.grad for k, p in model.discriminator.named_parameters()})
    assert not _differing(*gradients)
    assert all(gradient.abs().sum() > 0 for gradient in gradients[0].values())


def test_one_backbone_pass_of_each_image_serves_both_updates(
    build_sodgan, batch, sgd_wrappers
):
    model = build_sodgan()
    sizes = {'lr': [], 'hr': []}
    model.backbone.register_forward_hook(
        lambda _, inputs, __: sizes['lr'].append(tuple(inputs[0].shape))
    )
    model.teacher.ema.module.backbone.register_forward_hook(
        lambda _, inputs, __: sizes['hr'].append(tuple(inputs[0].shape))
    )
    steps = []
    wrappers = sgd_wrappers(model)
    wrappers['discriminator'].optimizer.register_step_post_hook(
        lambda *_: steps.append(1)
    )
    model.train_step(batch(), wrappers)
    assert sizes == {'lr': [(2, 3, 64, 64)], 'hr': [(2, 3, 128, 128)]}
    assert len(steps) == 1


def test_hr_image_is_not_passed_where_nothing_needs_it(
    build_sodgan, batch, sgd_wrappers
):
    model = build_sodgan()
    model.gan_schedule = GANSchedule(
        adversarial=1.0, reconstruction=0.0, discriminator_learns=False
    )
    passes = []
    model.teacher.register_forward_hook(lambda *_: passes.append(1))
    wrappers = sgd_wrappers(model)
    before = _group(model, 'discriminator')
    log = model.train_step(batch(), wrappers)
    assert not passes
    assert 'loss_g_adv' in log and 'loss_d_fake' not in log
    assert not _differing(before, _group(model, 'discriminator'))


ALPHA, BETA, GAMMA = 0.3, 0.2, 0.1
WEIGHTED = {
    'model.composite_loss.adv': dict(mode='vanilla', loss_weight=ALPHA),
    'model.composite_loss.cls.loss_weight': BETA,
    'model.composite_loss.reg.loss_weight': GAMMA,
}
LR, MOMENTUM = 0.02, 0.9


def _hand_written_iteration(model, data, optimizer_d, optimizer_g):
    """Goodfellow's algorithm with the source's losses, in plain autograd."""
    data = model.data_preprocessor(data, True)
    losses, pair = model(**data, mode='pair')
    m, positive = len(pair.labels), pair.positive
    discriminator = model.discriminator

    output = discriminator(torch.cat([pair.hr_feats, pair.feats]).detach())
    ones, zeros = torch.ones(m), torch.zeros(m)
    bce, ce = F.binary_cross_entropy_with_logits, F.cross_entropy
    loss_d = bce(output.logits[:m], ones) + bce(output.logits[m:], zeros)
    loss_d = loss_d + ce(output.cls_logits[:m], pair.labels)
    loss_d = loss_d + ce(output.cls_logits[m:], pair.labels)
    fake_deltas = output.deltas[m:]
    loss_d = loss_d + (
        F.smooth_l1_loss(fake_deltas[positive], pair.targets[positive], reduction='sum')
        / m
    )
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()

    discriminator.requires_grad_(False).eval()
    output = discriminator(pair.feats)
    probability = output.logits.double().sigmoid()
    loss_g = ALPHA * torch.log(1 - probability).mean().float()
    loss_g = loss_g + BETA * ce(output.cls_logits, pair.labels)
    loss_g = loss_g + GAMMA * (
        F.smooth_l1_loss(
            output.deltas[positive], pair.targets[positive], reduction='sum'
        )
        / m
    )
    for name, value in losses.items():
        if 'loss' in name:
            loss_g = loss_g + (value if torch.is_tensor(value) else sum(value))
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    discriminator.requires_grad_(True).train()
    return loss_g


def test_train_step_equals_a_hand_written_loop(build_sodgan, make_batch, sgd_wrappers):
    model = build_sodgan(WEIGHTED)
    reference = copy.deepcopy(model)
    wrappers = sgd_wrappers(model, LR, momentum=MOMENTUM)
    optimizers = [
        torch.optim.SGD(
            [
                parameter
                for key, parameter in reference.named_parameters()
                if parameter.requires_grad and key.startswith('discriminator.') == is_d
            ],
            LR,
            momentum=MOMENTUM,
        )
        for is_d in (True, False)
    ]
    start = {k: v.clone() for k, v in model.state_dict().items()}
    for iteration in range(3):
        data = make_batch(iteration, iteration + 10)
        torch.manual_seed(iteration)
        log = model.train_step(copy.deepcopy(data), wrappers)
        torch.manual_seed(iteration)
        expected = _hand_written_iteration(reference, data, *optimizers)
        torch.testing.assert_close(log['loss'], expected, rtol=1e-6, atol=1e-6)
    state = model.state_dict()
    torch.testing.assert_close(state, reference.state_dict(), rtol=1e-6, atol=1e-6)
    assert max((state[k] - v).abs().max() for k, v in start.items()) > 1e-3


def test_single_optim_wrapper_is_refused_with_the_remedy(build_sodgan, batch):
    model = build_sodgan()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.01))
    with pytest.raises(TypeError, match="constructor='GANOptimWrapperConstructor'"):
        model.train_step(batch(), wrapper)


def test_model_without_discriminator_trains_one_group(
    build_sodgan, batch, sgd_wrappers
):
    model = build_sodgan({'model.composite_loss': dict(_delete_=True)})
    wrappers = sgd_wrappers(model)
    before = _group(model, 'generator')
    log = model.train_step(batch(), wrappers)
    assert list(wrappers.keys()) == ['generator']
    assert _differing(before, _group(model, 'generator'))
    assert not [key for key in log if key.startswith(('loss_d_', 'loss_g_', 'd_'))]
