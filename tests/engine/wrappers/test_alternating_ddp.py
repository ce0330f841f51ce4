import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.optim import build_optim_wrapper

from mmdet_sodgan.engine import AlternatingDistributedDataParallel

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name('rank_steps.py')
TIMEOUT = 240  # seconds, so that a hang fails the test


@pytest.fixture
def train_two_ranks(build_sodgan, sodgan_cfg, joinable, ranks, tmp_path):
    """Train two processes on given batches of each and return what they wrote."""

    def train(batches, optim_wrapper, options=None, roi_head_on_rank_1=None):
        options = joinable | (options or {})
        job = dict(
            model=sodgan_cfg(options).model.to_dict(),
            state_dict=build_sodgan(options).state_dict(),
            optim_wrapper=optim_wrapper,
            batches=batches,
            roi_head_on_rank_1=roi_head_on_rank_1 or {},
        )
        (tmp_path / 'job.pkl').write_bytes(pickle.dumps(job))
        ranks(SCRIPT, 'train', tmp_path)
        return [
            torch.load(tmp_path / f'{rank}.pt', weights_only=True) for rank in range(2)
        ]

    return train


def _optim_wrapper(accumulation=1, lr=0.01):
    def cfg():
        return dict(optimizer=dict(type='SGD', lr=lr), accumulative_counts=accumulation)

    return dict(cfg(), constructor='GANOptimWrapperConstructor', discriminator=cfg())


def _single_process_gradients(model, optim_wrapper, batches):
    gradients = {'generator': [], 'discriminator': []}
    wrappers = build_optim_wrapper(model, optim_wrapper)
    for name, wrapper in wrappers.items():
        wrapper.optimizer.register_step_pre_hook(
            lambda optimizer, *_, name=name: gradients[name].append(
                torch.cat(
                    [p.grad.flatten() for p in optimizer.param_groups[0]['params']]
                )
            )
        )
    for data in batches:
        model.train_step(data, wrappers)
    return gradients


def _relative_error(gradient, expected):
    assert expected.norm() > 0.1
    return float((gradient - expected).norm() / expected.norm())


def _assert_equal_ranks(ranks):
    first, second = (rank['state_dict'] for rank in ranks)
    for key, value in first.items():
        assert value.isfinite().all()
        assert torch.equal(value, second[key]), key


@pytest.mark.slow
@pytest.mark.parametrize('accumulation', [1, 2])
def test_two_processes_have_the_gradients_of_one_with_the_joined_batch(
    build_sodgan, joinable, make_batch, train_two_ranks, accumulation
):
    iterations = range(2 * accumulation)
    batches = [[make_batch(10 * rank + i) for i in iterations] for rank in range(2)]
    # Small steps: the rounding of the first update, carried through the kinks of
    # ReLU and target assignment, would otherwise be all that the second shows.
    optim_wrapper = _optim_wrapper(accumulation, lr=1e-5)
    ranks = train_two_ranks(batches, optim_wrapper)
    expected = _single_process_gradients(
        build_sodgan(joinable),
        optim_wrapper,
        [make_batch(i, 10 + i) for i in iterations],
    )
    for name in ('generator', 'discriminator'):
        for rank in ranks:
            assert len(rank['gradients'][name]) == len(expected[name]) == 2
            errors = [
                _relative_error(*pair)
                for pair in zip(rank['gradients'][name], expected[name], strict=True)
            ]
            assert max(errors) < 1e-6, (name, errors)
    _assert_equal_ranks(ranks)


@pytest.mark.slow
def test_rank_without_rois_takes_part_in_the_update_of_d(
    build_sodgan, joinable, make_batch, train_two_ranks
):
    batches = [[make_batch(0), make_batch(1)], [make_batch(10), make_batch(11)]]
    ranks = train_two_ranks(
        batches, _optim_wrapper(), roi_head_on_rank_1=dict(num_sampled_rois=0)
    )
    # The mean over the RoIs that there are: those of the other rank.
    expected = _single_process_gradients(
        build_sodgan(joinable), _optim_wrapper(), [make_batch(0)]
    )['discriminator'][0]
    for rank in ranks:
        first, second = rank['gradients']['discriminator']
        assert _relative_error(first, expected) < 1e-6
        assert second.norm() > 0.1
    _assert_equal_ranks(ranks)


@pytest.mark.slow
def test_rank_without_objects_takes_part_in_both_updates(
    build_sodgan, joinable, make_batch, train_two_ranks
):
    batches = [
        [make_batch(0), make_batch(1)],
        [make_batch(10, boxes=()), make_batch(11, boxes=())],
    ]
    start = build_sodgan(joinable).state_dict()
    ranks = train_two_ranks(batches, _optim_wrapper())
    _assert_equal_ranks(ranks)
    for key in ('discriminator.fc.bias', 'generator.project.weight'):
        assert not torch.equal(ranks[1]['state_dict'][key], start[key])


@pytest.mark.slow
def test_rank_without_small_rois_takes_part_in_the_update_of_a_generator_on_rois(
    make_batch, train_two_ranks
):
    options = {
        'model.type': 'RoISODGAN',
        'model.generator': dict(_delete_=True, type='RoIGenerator', mid_channels=8),
        'model.rpn_head.type': 'SODGANRPNHead',
        'model.rpn_head.anchor_generator.strides': [4, 8, 16, 32, 64],
        'model.rpn_head.anchor_generator.base_sizes': [4, 8, 16, 32, 64],
        'model.roi_head.type': 'ReconstructingRoIHead',
        'model.roi_head.bbox_roi_extractor.featmap_strides': [4, 8, 16, 32],
    }
    batches = [[make_batch(0), make_batch(1)], [make_batch(10), make_batch(11)]]
    ranks = train_two_ranks(
        batches, _optim_wrapper(), options, roi_head_on_rank_1=dict(max_small_side=0)
    )
    _assert_equal_ranks(ranks)
    for rank in ranks:
        assert all(g.norm() > 0.1 for g in rank['gradients']['generator'])
    # The other rank's gradient has moved the generator on both.
    assert ranks[1]['state_dict']['generator.project.weight'].any()


@pytest.mark.slow
def test_distributed_training_and_resume_through_the_command(
    runner_cfg, joinable, ranks, tmp_path
):
    def arguments(name, *others):
        cfg = runner_cfg(
            name,
            joinable
            | {
                'train_cfg.val_interval': 10,
                'train_dataloader.batch_size': 1,
                'model.teacher.momentum': 0.2,
            },
        )
        path = tmp_path / f'{name}.py'
        cfg.dump(path)
        return [str(path), '--launcher=pytorch', *others]

    def result(name):
        return torch.load(tmp_path / name / 'epoch_2.pth', weights_only=True)

    # As a user starts them; and faster, with what torchrun sets.
    launcher = ('-m', 'torch.distributed.run', '--standalone', '--nproc-per-node=2')
    done = subprocess.run(
        [
            *(sys.executable, *launcher, ROOT / 'tools/train.py'),
            *arguments('uninterrupted'),
        ],
        env=os.environ | dict(GLOO_SOCKET_IFNAME='lo'),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    checkpoint = str(tmp_path / 'uninterrupted/epoch_1.pth')
    words = ['train', *arguments('resumed', '--resume', checkpoint)]
    (tmp_path / 'arguments.pkl').write_bytes(pickle.dumps(words))
    ranks(SCRIPT, 'resume', tmp_path)
    uninterrupted, resumed = result('uninterrupted'), result('resumed')
    # 6 images on 2 ranks.
    assert uninterrupted['meta']['iter'] == resumed['meta']['iter'] == 6
    states = [
        (run['state_dict'], *(group['state'] for group in run['optimizer'].values()))
        for run in (resumed, uninterrupted)
    ]
    torch.testing.assert_close(*states, rtol=1e-6, atol=1e-7)
    first = torch.load(checkpoint, weights_only=True)['state_dict']
    for key in ('discriminator.fc.bias', 'generator.project.weight'):
        assert not torch.equal(first[key], resumed['state_dict'][key])


def test_search_for_anomalous_parameters_is_refused(build_sodgan):
    with pytest.raises(ValueError, match='detect_anomalous_params is True'):
        AlternatingDistributedDataParallel(build_sodgan(), detect_anomalous_params=True)
