"""What one of two processes does; see ``ranks.py``."""

import pickle
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from mmdet.registry import MODELS
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope

from mmdet_sodgan.cli.main import main
from mmdet_sodgan.engine import AlternatingDistributedDataParallel


def train(folder: Path, rank: int) -> None:
    """Train on the batches of ``job.pkl``.

    The gradients of each optimizer step and the final weights are written to
    ``RANK.pt``.
    """
    # Made by the test that starts this process.
    job = pickle.loads((folder / 'job.pkl').read_bytes())
    init_default_scope('mmdet')
    dist.init_process_group('gloo', timeout=timedelta(seconds=60))
    model = MODELS.build(ConfigDict(job['model']))
    if rank == 0:
        # The others must receive them.
        model.load_state_dict(job['state_dict'])
    model.train()
    if rank == 1:
        for name, value in job['roi_head_on_rank_1'].items():
            setattr(model.roi_head, name, value)
    # The Runner passes ids on a GPU; a module on the CPU must not have any.
    wrapper = AlternatingDistributedDataParallel(model, device_ids=[rank])
    assert not wrapper.find_unused_parameters
    optim_wrapper = build_optim_wrapper(wrapper, job['optim_wrapper'])
    gradients = {'generator': [], 'discriminator': []}
    for name, group in optim_wrapper.items():
        group.optimizer.register_step_pre_hook(
            lambda optimizer, *_, name=name: gradients[name].append(
                torch.cat(
                    [p.grad.flatten() for p in optimizer.param_groups[0]['params']]
                )
            )
        )
    for data in job['batches'][rank]:
        wrapper.train_step(data, optim_wrapper)
    result = dict(gradients=gradients, state_dict=model.state_dict())
    torch.save(result, folder / f'{rank}.pt')
    dist.barrier()


def resume(folder: Path, rank: int) -> None:
    """Run the command with the arguments of ``arguments.pkl``."""
    main(pickle.loads((folder / 'arguments.pkl').read_bytes()))
