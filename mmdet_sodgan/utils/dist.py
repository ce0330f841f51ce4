import atexit
import gc
from datetime import timedelta

import torch
import torch.distributed as torch_dist
from mmengine.config import Config


def start_cpu_process_group(cfg: Config) -> None:
    """Start distributed training on a machine without CUDA.

    MMEngine chooses a CUDA device before it starts any process group, and
    names one to the model wrapper. Here the ``gloo`` group is started in its
    place, which it accepts, and the wrapper is told of no device. The group
    ends with the process. Does nothing without a launcher or with CUDA.

    Args:
        cfg (Config): The config, with its ``launcher``. ``model_wrapper_cfg``
            is set or completed in place. ``env_cfg.dist_cfg.timeout``: seconds
            after which a process that waits for another ends with an error, as
            in MMEngine; torch's 1,800 by default.

    Raises:
        SystemExit: If the launcher is not ``pytorch``.
    """
    launcher = cfg.get('launcher', 'none')
    if launcher == 'none' or torch.cuda.is_available():
        return
    if launcher != 'pytorch':
        raise SystemExit(
            f'The launcher {launcher} needs CUDA devices and there are none: '
            f'use --launcher pytorch to train on CPUs.'
        )
    wrapper = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    if cfg.get('model_wrapper_cfg') is None:
        cfg.model_wrapper_cfg = wrapper
    else:
        cfg.model_wrapper_cfg.setdefault('device_ids', None)
    if not torch_dist.is_initialized():
        seconds = cfg.get('env_cfg', {}).get('dist_cfg', {}).get('timeout')
        torch_dist.init_process_group(
            'gloo', timeout=None if seconds is None else timedelta(seconds=seconds)
        )
        atexit.register(_end_process_group)


def _end_process_group() -> None:
    """End gloo's threads while Python still runs.

    One that lets go of a tensor during Python's own shutdown needs the
    interpreter lock, and the process is aborted. What holds the group, a
    wrapped model, sits in reference cycles of the runner; a runner that is a
    global variable of the script would keep it.
    """
    gc.collect()
    if torch_dist.is_initialized():
        torch_dist.destroy_process_group()
