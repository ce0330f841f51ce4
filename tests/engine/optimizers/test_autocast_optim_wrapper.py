import pytest
import torch

from mmdet_sodgan.engine.optimizers import autocast_optim_wrapper

LOSSES = (
    'loss_rpn_cls',
    'loss_rpn_bbox',
    'loss_cls',
    'loss_bbox',
    'loss_mse',
    'loss_tv',
    'loss_g_adv',
    'loss_g_cls',
    'loss_g_reg',
    'loss_d_real',
    'loss_d_fake',
    'loss_d_cls',
    'loss_d_reg',
)
# Proposals then hardly leave their anchors, so that rounding does not decide which
# of them NMS keeps; the form of before is tested so, too.
SHARED_RPN = {
    'model.generator.type': 'PyramidGenerator',
    'model.rpn_head.type': 'SODGANRPNHead',
    'model.rpn_head.anchor_generator.strides': [2, 4, 8, 16, 32, 64],
}


@pytest.fixture
def dtypes():
    """Register a record of a module's output types; by name of the module."""
    seen = {}

    def observe(name, module):
        def hook(_, __, output):
            output = output[0] if isinstance(output, tuple) else output
            seen.setdefault(name, set()).add(output.dtype)

        module.register_forward_hook(hook)

    observe.seen = seen
    return observe


def test_step_in_bfloat16_has_the_losses_of_full_precision(
    build_sodgan, joinable, make_batch, sgd_wrappers, dtypes
):
    logs = {}
    for wrapper_type in ('OptimWrapper', 'AutocastOptimWrapper'):
        model = build_sodgan(joinable | SHARED_RPN)
        if wrapper_type == 'AutocastOptimWrapper':
            dtypes('backbone', model.backbone.conv1)
            dtypes('teacher', model.teacher.ema.module.backbone.conv1)
            dtypes('discriminator', model.discriminator.convs[0])
            dtypes('degraded image', model.data_preprocessor.degradation)
        logs[wrapper_type] = model.train_step(
            make_batch(0, 1), sgd_wrappers(model, wrapper_type=wrapper_type)
        )
    assert dtypes.seen == {
        'backbone': {torch.bfloat16},
        'teacher': {torch.bfloat16},
        'discriminator': {torch.bfloat16},
        'degraded image': {torch.float32},
    }
    for name in LOSSES:
        full, half = (float(log[name]) for log in logs.values())
        assert half == pytest.approx(full, rel=0.03), name


def test_parameters_and_gradients_stay_in_full_precision(
    build_sodgan, make_batch, sgd_wrappers
):
    model = build_sodgan()
    wrappers = sgd_wrappers(model, accumulation=2, wrapper_type='AutocastOptimWrapper')
    model.train_step(make_batch(0), wrappers)
    trained = [p for p in model.parameters() if p.requires_grad]
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert {p.grad.dtype for p in trained} == {torch.float32}
    assert all(p.grad.isfinite().all() for p in trained)


def test_blur_of_the_degradation_stays_in_full_precision(
    build_sodgan, make_batch, sgd_wrappers
):
    blur = {'model.data_preprocessor.degradation': dict(blur_sigma=(1.0, 1.0))}
    images = []
    for wrapper_type in ('OptimWrapper', 'AutocastOptimWrapper'):
        model = build_sodgan(blur)
        model.backbone.register_forward_pre_hook(
            lambda _, inputs: images.append(inputs[0].clone())
        )
        model.train_step(make_batch(0), sgd_wrappers(model, wrapper_type=wrapper_type))
    assert torch.equal(*images)


def test_prediction_under_autocast_finds_what_full_precision_finds(
    build_sodgan, make_batch, sgd_wrappers
):
    model = build_sodgan({'model.test_cfg.rcnn.score_thr': 0.0} | SHARED_RPN)
    wrappers = sgd_wrappers(model, lr=0.03, momentum=0.9)
    for _ in range(40):
        model.train_step(make_batch(0, 1), wrappers)
    model.eval()
    results = []
    for enabled in (False, True):
        with torch.autocast('cpu', torch.bfloat16, enabled=enabled):
            results.append(model.test_step(make_batch(0)))
    (full,), (half,) = results
    full, half = full.pred_instances, half.pred_instances
    assert half.bboxes.dtype == torch.float32
    assert half.bboxes.isfinite().all() and half.scores.isfinite().all()
    assert len(full) == len(half) == 100
    # It has learned something to find, far above the tolerance.
    assert full.scores.max() > 0.1
    torch.testing.assert_close(half.scores, full.scores, rtol=0.05, atol=0.01)


def test_runner_trains_and_validates_in_bfloat16(train, runner_cfg):
    wrapper = {'optim_wrapper.type': 'AutocastOptimWrapper'}
    wrapper['optim_wrapper.discriminator.type'] = 'AutocastOptimWrapper'
    train_cfg = {'train_cfg': dict(max_epochs=1, val_interval=1)} | SHARED_RPN
    losses = []
    for name, options in (('full', train_cfg), ('half', train_cfg | wrapper)):
        runner, record = train(runner_cfg(name, options))
        losses.append(record.losses)
        assert 'val/coco/bbox_mAP' in runner.message_hub.log_scalars
    for full, half in zip(*losses, strict=True):
        assert half['loss'] == pytest.approx(full['loss'], rel=0.05)
        assert half['loss'] != full['loss']


@pytest.mark.parametrize(
    ('found', 'times'),
    [
        (dict(architecture='x86_64', avx2=True, avx512_f=True), 1),
        (dict(architecture='x86_64', avx512_bf16=True), 0),
        (dict(architecture='x86_64', amx_bf16=True), 0),
        (dict(architecture='aarch64'), 0),
        (None, 0),
    ],
)
def test_cpu_that_emulates_bfloat16_is_warned_of_once(
    found, times, build_sodgan, sgd_wrappers, monkeypatch
):
    told = []
    monkeypatch.setattr(
        autocast_optim_wrapper, 'print_log', lambda text, **kwargs: told.append(text)
    )
    if found is None:
        monkeypatch.delattr(torch.cpu, 'get_capabilities', raising=False)
    else:
        monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: found, raising=False)
    autocast_optim_wrapper._warn_if_emulated.cache_clear()
    model = build_sodgan()
    for wrapper in sgd_wrappers(model, wrapper_type='AutocastOptimWrapper').values():
        with wrapper.optim_context(model):
            pass
    autocast_optim_wrapper._warn_if_emulated.cache_clear()
    assert len(told) == times
    assert all('bfloat16' in text and '--amp' in text for text in told)
