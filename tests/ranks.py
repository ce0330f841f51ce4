"""Starts processes without importing torch and mmdet for each.

Usage: ``ranks.py``. A line of the input is a job as JSON: ``script``, a file, and
``function``, the name of a function in it, which ``ranks`` forked processes (2 by
default), each the leader of a group, call with ``folder``, where they work, and
their number. They end as Python does. The answer is a line with their exit statuses
and the seconds until each ended. What they print is in ``0.log``, ``1.log``, ... of
the folder.
"""

import faulthandler
import gc
import json
import os
import runpy
import signal
import socket
import sys
import time
from pathlib import Path

# What a library prints when it is imported is no answer.
ANSWERS = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)

import torch  # noqa: E402
import torch._dynamo  # noqa: E402, F401, as the first optimizer does

import mmdet_sodgan.registration  # noqa: E402, F401, the forked processes need not

#: Seconds after which a pair is killed, so that a hang fails the test.
TIMEOUT = 240


def start(job: dict, rank: int, port: int) -> int:
    """Fork one process of a job; gives its id."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    os.chdir(job['folder'])
    log = os.open(f'{rank}.log', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    # Where it hangs, before it is killed for that.
    faulthandler.dump_traceback_later(TIMEOUT / 2, file=log)
    if job['ranks'] > 1:
        os.environ |= dict(
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE=str(job['ranks']),
            MASTER_ADDR='127.0.0.1',
            MASTER_PORT=str(port),
            GLOO_SOCKET_IFNAME='lo',
        )
    runpy.run_path(job['script'])[job['function']](Path(job['folder']), rank)
    sys.exit()


def run(job: dict) -> dict:
    """Run a job to its end; one process may outlive the first by ``grace`` s."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    begun = time.monotonic()
    pids = {start(job, rank, port): rank for rank in range(job['ranks'])}
    codes, seconds = [None] * len(pids), [None] * len(pids)
    last = begun + TIMEOUT
    while pids:
        pid, status = os.waitpid(-1, os.WNOHANG)
        now = time.monotonic()
        if pid:
            rank = pids.pop(pid)
            codes[rank] = os.waitstatus_to_exitcode(status)
            seconds[rank] = now - begun
            last = min(last, now + job.get('grace', TIMEOUT))
        elif now > last:
            for left in pids:
                os.killpg(left, signal.SIGKILL)
            last = now + TIMEOUT
        else:
            time.sleep(0.01)
    return dict(codes=codes, seconds=seconds)


if __name__ == '__main__':
    torch.set_num_threads(1)
    # A collection in a forked process would copy all that has been imported.
    gc.freeze()
    for line in sys.stdin:
        answer = run(dict(ranks=2) | json.loads(line))
        print(json.dumps(answer), file=ANSWERS, flush=True)
