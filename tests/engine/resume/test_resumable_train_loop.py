from types import SimpleNamespace

import torch

from mmdet_sodgan.engine.resume import ResumableTrainLoop
from mmdet_sodgan.engine.resume.random_state import get_random_state


class Loader:
    """Draws a random number for each batch, as a flip does."""

    dataset = SimpleNamespace(metainfo={})

    def __len__(self):
        return 4

    def __iter__(self):
        for _ in range(4):
            yield torch.rand(()).item()


def make_loop():
    seen, calls = [], []

    def train_step(batch, optim_wrapper):
        seen.append((batch, torch.rand(()).item()))

    runner = SimpleNamespace(
        visualizer=SimpleNamespace(),
        model=SimpleNamespace(train=lambda: None, train_step=train_step),
        optim_wrapper=None,
        call_hook=lambda name, **kwargs: calls.append((name, kwargs.get('batch_idx'))),
    )
    loop = object.__new__(ResumableTrainLoop)
    loop._runner, loop.dataloader = runner, Loader()
    loop._epoch = loop._iter = 0
    return loop, seen, calls


def test_epoch_goes_on_with_the_batches_and_numbers_of_the_first_run():
    for done in range(1, 5):
        torch.manual_seed(0)
        loop, expected, _ = make_loop()
        states = []
        loop.runner.call_hook = lambda name, states=states, **_: (
            states.append(get_random_state()) if name == 'after_train_iter' else None
        )
        loop.run_epoch()
        following = torch.rand(()).item()
        # Another state, as in a new process.
        torch.manual_seed(1)
        loop, seen, calls = make_loop()
        loop.skip_batches(done, states[done - 1])
        loop.run_epoch()
        assert seen == expected[done:]
        assert torch.rand(()).item() == following
        numbers = [i for name, i in calls if name == 'before_train_iter']
        assert numbers == list(range(done, 4))
        assert calls[-1] == ('after_train_epoch', None)
        # The next epoch is whole.
        loop.run_epoch()
        assert len(seen) == 4 - done + 4
