import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MMLogger

from mmdet_sodgan.apis.checks import AgreementError, WeightsHook
from mmdet_sodgan.utils.errors import CheckpointError


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
    caplog.set_level(logging.WARNING)
    return caplog


@pytest.fixture
def half(model):
    """Weights of a plain detector, which has no generator."""
    state = model.state_dict()
    return dict(
        state_dict={k: v for k, v in state.items() if not k.startswith('generator.')}
    )


def test_whole_checkpoint_passes(load, model, logged):
    for training in (False, True):
        load(dict(state_dict=model.state_dict()), training)
    assert logged.text == ''


def test_missing_weights_are_an_error_outside_training(load, half):
    with pytest.raises(CheckpointError) as caught:
        load(half, training=False)
    sentence = str(caught.value)
    assert sentence.startswith('The checkpoint x.pth does not fit the config: of the ')
    assert ' are missing (generator.' in sentence
    assert sentence.endswith('give the config that it was trained with.')


def test_missing_weights_are_an_error_where_training_goes_on(load, half):
    with pytest.raises(CheckpointError, match='does not fit the config'):
        load(half, training=True, resume=True)


def test_missing_weights_are_counted_where_training_starts(load, half, logged):
    load(half, training=True)
    assert 'The training starts from ' in logged.text
    assert ' weights of x.pth; of the ' in logged.text
    assert ' are missing (generator.' in logged.text


def test_nothing_that_matches_is_an_error_in_training(load):
    with pytest.raises(CheckpointError, match=r'x.pth of load_from has no weight of'):
        load(dict(state_dict={'a': torch.zeros(1)}), training=True)


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
