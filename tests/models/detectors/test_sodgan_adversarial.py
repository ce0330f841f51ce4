"""The two sides of the discriminator, and who learns from each."""

import hashlib

import pytest
import torch

from mmdet_sodgan.structures import GANSchedule


def digest(module):
    state = hashlib.sha256()
    for name, value in module.state_dict().items():
        state.update(name.encode() + value.numpy().tobytes())
    return state.hexdigest()


def prepare(model, data):
    """What the data preprocessor makes of a training batch."""
    return model.data_preprocessor(data, True)


def wake(model):
    """Move G off the bilinear enlargement that it starts from."""
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)


def gradients(module):
    return {k: p.grad for k, p in module.named_parameters() if p.requires_grad}


def test_adversarial_losses_leave_the_discriminator_as_it_is(build_sodgan, batch):
    model = build_sodgan()
    _, pair = model(**prepare(model, batch()), mode='pair')
    before = digest(model.discriminator)
    first = model.adversarial_losses(pair)
    sum(first.values()).backward()
    # Spectral normalisation's vectors are among the buffers.
    assert any('_u' in name for name, _ in model.discriminator.named_buffers())
    assert digest(model.discriminator) == before
    assert all(p.grad is None for p in model.discriminator.parameters())
    assert all(p.requires_grad for p in model.discriminator.parameters())
    assert all(module.training for module in model.discriminator.modules())
    torch.testing.assert_close(model.adversarial_losses(pair), first, rtol=0, atol=0)


@pytest.mark.parametrize('name', ['loss_g_adv', 'loss_g_cls', 'loss_g_reg'])
def test_every_adversarial_loss_reaches_generator_and_backbone(
    build_sodgan, batch, name
):
    model = build_sodgan()
    wake(model)
    _, pair = model(**prepare(model, batch()), mode='pair')
    model.adversarial_losses(pair)[name].backward()
    for part in (model.generator, model.backbone, model.neck):
        found = [g for g in gradients(part).values() if g is not None]
        assert max(g.abs().max() for g in found) > 0
    for part in (model.discriminator, model.teacher, model.rpn_head):
        assert all(p.grad is None for p in part.parameters())


def test_discriminator_losses_reach_the_discriminator_alone(build_sodgan, batch):
    model = build_sodgan()
    _, pair = model(**prepare(model, batch()), mode='pair')
    losses = model.composite_loss.discriminator_losses(model.discriminator, pair)
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    for name, parameter in model.named_parameters():
        if name.startswith('discriminator.'):
            assert parameter.grad.abs().sum() > 0, name
        else:
            assert parameter.grad is None, name


def test_discriminator_judges_real_and_fake_with_the_right_sign(build_sodgan, batch):
    model = build_sodgan()
    _, pair = model(**prepare(model, batch()), mode='pair')
    pair = pair._replace(hr_feats=pair.feats.detach() + 1)
    optimizer = torch.optim.Adam(model.discriminator.parameters(), lr=0.01)
    for _ in range(30):
        losses = model.composite_loss.discriminator_losses(model.discriminator, pair)
        optimizer.zero_grad()
        (losses['loss_d_real'] + losses['loss_d_fake']).backward()
        optimizer.step()
    assert losses['d_real'] > 0.6 > 0.4 > losses['d_fake']


def test_schedule_without_adversarial_weight_costs_no_judgement(build_sodgan, batch):
    model = build_sodgan()
    model.gan_schedule = GANSchedule(adversarial=0.0)
    calls = []
    model.discriminator.register_forward_hook(lambda *_: calls.append(1))
    _, pair = model(**prepare(model, batch()), mode='pair')
    assert model.adversarial_losses(pair) == {} and not calls
