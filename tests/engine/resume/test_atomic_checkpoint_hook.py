import os
from types import SimpleNamespace

import pytest
import torch
from mmdet.registry import HOOKS
from mmengine.hooks import CheckpointHook

from mmdet_sodgan.engine.resume import AtomicCheckpointHook
from mmdet_sodgan.utils.atomic_write import DiskFullError
from mmdet_sodgan.utils.errors import CheckpointError

OPTIONS = {
    'train_cfg': dict(max_epochs=3, val_begin=10),
    'default_hooks.checkpoint.max_keep_ckpts': 1,
}


def saved(folder):
    return sorted(p.name for p in folder.glob('*.pth*'))


def test_configs_save_atomically_and_take_options_as_before(runner_cfg):
    cfg = runner_cfg('x', {'default_hooks.checkpoint.interval': 5})
    hook = HOOKS.build(cfg.default_hooks.checkpoint)
    assert type(hook) is AtomicCheckpointHook
    assert (hook.interval, hook.max_keep_ckpts) == (5, 2)
    assert issubclass(AtomicCheckpointHook, CheckpointHook)


def test_oldest_is_removed_when_the_newest_is_whole(
    runner_cfg, train, tmp_path, monkeypatch
):
    seen = []

    def observe(hook, runner, name, meta, write=AtomicCheckpointHook._write):
        write(hook, runner, name, meta)
        seen.append(saved(tmp_path / 'run'))

    monkeypatch.setattr(AtomicCheckpointHook, '_write', observe)
    train(runner_cfg('run', OPTIONS))
    assert seen == [
        ['epoch_1.pth'],
        ['epoch_1.pth', 'epoch_2.pth'],
        ['epoch_2.pth', 'epoch_3.pth'],
    ]
    assert saved(tmp_path / 'run') == ['epoch_3.pth']
    checkpoint = torch.load(tmp_path / 'run/epoch_3.pth', weights_only=True)
    # As mmengine counts them, so that either hook can go on.
    assert checkpoint['message_hub']['runtime_info']['keep_ckpt_ids'] == [3]
    assert 'mid_epoch' not in checkpoint


def test_full_disk_leaves_the_earlier_checkpoints(
    runner_cfg, train, tmp_path, monkeypatch
):
    fsync, count = os.fsync, []

    def full_at_the_second_checkpoint(descriptor):
        name = os.readlink(f'/proc/self/fd/{descriptor}')
        if name.endswith('epoch_2.pth.tmp'):
            count.append(name)
            raise OSError(28, 'No space left on device')
        fsync(descriptor)

    monkeypatch.setattr(os, 'fsync', full_at_the_second_checkpoint)
    with pytest.raises(DiskFullError, match=r'epoch_2.pth cannot be written .*'):
        train(runner_cfg('run', OPTIONS))
    assert len(count) == 1
    assert saved(tmp_path / 'run') == ['epoch_1.pth']
    monkeypatch.undo()
    cfg = runner_cfg('run', OPTIONS)
    cfg.resume = True
    _, record = train(cfg)
    assert len(record.losses) == 6
    assert saved(tmp_path / 'run') == ['epoch_3.pth']


def test_automatic_resume_passes_over_an_incomplete_file(runner_cfg, train, tmp_path):
    options = OPTIONS | {'default_hooks.checkpoint.max_keep_ckpts': 5}
    train(runner_cfg('run', options))
    folder = tmp_path / 'run'
    whole = (folder / 'epoch_3.pth').read_bytes()
    (folder / 'epoch_3.pth').write_bytes(whole[: len(whole) // 2])
    cfg = runner_cfg('run', options)
    cfg.resume = True
    _, record = train(cfg)
    assert len(record.losses) == 3
    assert torch.load(folder / 'epoch_3.pth', weights_only=True)['meta']['iter'] == 9


def test_incomplete_file_that_is_named_is_refused(tmp_path):
    path = tmp_path / 'half.pth'
    torch.save(dict(x=torch.zeros(100)), path)
    path.write_bytes(path.read_bytes()[:300])
    runner = SimpleNamespace(_resume=True, _load_from=str(path))
    with pytest.raises(CheckpointError, match='half.pth is incomplete'):
        AtomicCheckpointHook().before_run(runner)


def test_checkpoint_by_iterations_inside_an_epoch_resumes_exactly(
    runner_cfg, train, tmp_path
):
    options = OPTIONS | {
        'default_hooks.checkpoint': dict(
            type='AtomicCheckpointHook', by_epoch=False, interval=2
        ),
        'train_cfg': dict(max_epochs=2, val_begin=10),
    }
    train(runner_cfg('uninterrupted', options))
    cfg = runner_cfg('resumed', options)
    cfg.resume, cfg.load_from = True, str(tmp_path / 'uninterrupted/iter_4.pth')
    _, record = train(cfg)
    assert len(record.losses) == 2
    ours, expected = (
        torch.load(tmp_path / name / 'iter_6.pth', weights_only=True)['state_dict']
        for name in ('resumed', 'uninterrupted')
    )
    torch.testing.assert_close(ours, expected, rtol=0, atol=0)
