import logging
from types import SimpleNamespace

import pytest
from mmengine.logging import MMLogger

from mmdet_sodgan.apis.checks import WeightsHook
from mmdet_sodgan.utils.errors import AgreementError, CheckpointError


@pytest.fixture
def load(agreeing, model):
    """Tells the hook that a checkpoint is loaded."""

    def call(checkpoint, training, resume=False, options=None):
        runner = SimpleNamespace(
            model=model, cfg=agreeing(options), _load_from='x.pth', _resume=resume
        )
        WeightsHook(training).after_load_checkpoint(runner, checkpoint)

    return call


@pytest.fixture
def logged(caplog):
    """What MMEngine's logger has been told."""
    logger = MMLogger.get_instance('checks')
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO)
    return caplog


@pytest.fixture
def half(model):
    """Weights of a plain detector, which has no generator."""
    added = ('generator.', 'discriminator.', 'teacher.')
    state = model.state_dict()
    return dict(state_dict={k: v for k, v in state.items() if not k.startswith(added)})


def test_whole_checkpoint_passes(load, model, logged):
    for training in (False, True):
        load(dict(state_dict=model.state_dict()), training)
    assert logged.text == ''


def test_missing_weights_are_an_error_where_training_goes_on(load, half):
    with pytest.raises(CheckpointError, match='does not fit the config'):
        load(half, training=True, resume=True)


@pytest.mark.parametrize('lost', [0, 1])
def test_weights_of_a_teacher_are_warned_about_where_more_than_the_gan_is_missing(
    load, half, logged, lost
):
    number = len(half['state_dict']) - lost
    for name in [k for k in half['state_dict'] if k.startswith('neck.')][:lost]:
        del half['state_dict'][name]
    load(half, training=True)
    calm, *warnings = logged.records
    assert calm.levelname == 'INFO' and calm.screen
    matching = number - sum('num_batches' in name for name in half['state_dict'])
    start = f'The training starts from {matching} weights of x.pth; '
    assert calm.getMessage() == f'{start}new, and trained from scratch: generator.'
    assert len(warnings) == lost
    for warning in warnings:
        assert warning.getMessage().startswith(start) and warning.levelname == 'WARNING'
        assert ' 1 are missing (neck.lateral_convs.0.conv.weight), which' in (
            warning.getMessage()
        )


def test_a_generator_that_is_there_in_part_is_warned_about(load, model, logged):
    state = model.state_dict()
    name = next(k for k in state if k.startswith('generator.'))
    del state[name]
    load(dict(state_dict=state), training=True)
    (record,) = logged.records
    assert f' 1 are missing ({name}), which begin as' in record.getMessage()


@pytest.mark.parametrize('change', [tuple, lambda names: names[::-1]])
def test_classes_of_the_weights_are_compared(load, model, agreeing, change):
    from mmdet_sodgan.datasets.class_names import find_class_names

    names = change(find_class_names(agreeing().test_dataloader.dataset))
    meta = dict(dataset_meta=dict(classes=names))
    checkpoint = dict(state_dict=model.state_dict(), meta=meta)
    if change is tuple:
        load(checkpoint, training=False)
    else:
        with pytest.raises(AgreementError, match='x.pth was trained for the classes'):
            load(checkpoint, training=False)


def test_other_names_of_as_many_classes_are_said(load, model, logged):
    meta = dict(dataset_meta=dict(classes=tuple('abcdef')))
    load(dict(state_dict=model.state_dict(), meta=meta), training=False)
    assert 'each taken for the one in its place' in logged.text
