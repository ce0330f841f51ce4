from types import SimpleNamespace

import pytest
import torch
from mmengine.config import ConfigDict
from torch.utils.data import Dataset

from mmdet_sodgan.engine.hooks import UnpairedImagesHook

# Terms that need labels.
LABELLED = {
    'model.composite_loss.cls.loss_weight': 0,
    'model.composite_loss.reg.loss_weight': 0,
}


class Numbers(Dataset):
    """Items that are their own index."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return torch.tensor(index)


@pytest.fixture
def warnings():
    """What the hook warns of."""
    return []


@pytest.fixture
def runner(build_sodgan, warnings):
    """What the hook needs of a runner."""

    def make(model=None, **cfg):
        loader = dict(
            batch_size=2,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=True),
            dataset=Numbers(),
            collate_fn=dict(type='default_collate'),
        )
        return SimpleNamespace(
            model=model or build_sodgan(LABELLED),
            cfg=ConfigDict(**({'unpaired_dataloader': loader} | cfg)),
            seed=0,
            epoch=0,
            max_epochs=3,
            logger=SimpleNamespace(warning=warnings.append),
        )

    return make


def drawn(runner, epoch, numbers):
    """The items that the iterations of these numbers get."""
    hook = UnpairedImagesHook()
    hook.before_train(runner)
    runner.epoch = epoch
    hook.before_train_epoch(runner)
    found = []
    for number in numbers:
        batch = {}
        hook.before_train_iter(runner, number, batch)
        found.append(batch['unpaired'].tolist())
    return found


def test_batches_follow_from_epoch_and_number_alone(runner):
    run = runner()
    first, second = (drawn(run, epoch, range(6)) for epoch in (0, 1))
    assert first != second
    # As after a resume in the middle of the epoch.
    assert drawn(run, 1, [4, 5]) == second[4:]


def test_the_training_draws_what_it_would_have_drawn(runner):
    run = runner()
    state = torch.random.get_rng_state()
    drawn(run, 0, range(6))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_images_come_round_again_in_another_order(runner):
    found = drawn(runner(), 0, range(8))
    turns = [sum(found[i : i + 4], []) for i in (0, 4)]
    assert turns[0] != turns[1]
    assert {len(set(turn)) for turn in turns} == {7}


@pytest.mark.parametrize('term', ['cls', 'reg'])
def test_terms_that_need_labels_are_refused(runner, build_sodgan, term):
    options = {**LABELLED, f'model.composite_loss.{term}.loss_weight': 0.1}
    with pytest.raises(ValueError, match=f'composite_loss has {term}, which'):
        UnpairedImagesHook().before_train(runner(build_sodgan(options)))


def test_missing_dataloader_is_named(runner):
    run = runner()
    del run.cfg.unpaired_dataloader
    with pytest.raises(KeyError, match='unpaired_dataloader, which the config'):
        UnpairedImagesHook().before_train(run)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(sampler=dict(type='InfiniteSampler')), 'is a InfiniteSampler; take'),
        (dict(batch_size=8, drop_last=True), 'no batch: 7 images'),
    ],
)
def test_loader_that_would_end_or_never_is_refused(runner, options, message):
    run = runner()
    run.cfg.unpaired_dataloader.update(options)
    with pytest.raises(ValueError, match=message):
        UnpairedImagesHook().before_train(run)


def test_other_detectors_are_refused(runner):
    with pytest.raises(TypeError, match='model.type is Linear'):
        UnpairedImagesHook().before_train(runner(torch.nn.Linear(1, 1)))


def test_without_a_term_through_d_nothing_is_read_and_that_is_said(
    runner, build_sodgan, warnings
):
    run = runner(build_sodgan({**LABELLED, 'model.composite_loss.adv.loss_weight': 0}))
    hook, batch = UnpairedImagesHook(), {}
    hook.before_train(run)
    hook.before_train_epoch(run)
    hook.before_train_iter(run, 0, batch)
    assert batch == {}
    assert ['composite_loss.adv' in line for line in warnings] == [True]
