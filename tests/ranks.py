"""Starts pairs of processes without importing torch and mmdet for each.

Usage: ``ranks.py``. A line of the input is a job as JSON: ``script``, a file, and
``function``, the name of a function in it, which two forked processes call with
``folder``, where they work, and the number of the process, 0 or 1. The answer is a
line with their exit statuses and the seconds until each ended. What they print is
in ``0.log`` and ``1.log`` of the folder.
"""

import json
import os
import runpy
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

# What a library prints when it is imported is no answer.
ANSWERS = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)

import torch  # noqa: E402

import mmdet_sodgan.registration  # noqa: E402, F401, the forked processes need not

#: Seconds after which a pair is killed, so that a hang fails the test.
TIMEOUT = 240


def start(job: dict, rank: int, port: int) -> int:
    """Fork one process of a pair; gives its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.chdir(job['folder'])
        log = os.open(f'{rank}.log', os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.environ |= dict(
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE='2',
            MASTER_ADDR='127.0.0.1',
            MASTER_PORT=str(port),
            GLOO_SOCKET_IFNAME='lo',
        )
        runpy.run_path(job['script'])[job['function']](Path(job['folder']), rank)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
        print(ended.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001, the log and the code say so
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # As Python ends a process, but not the rest of this script; what is
        # tested is over, and gloo's own end has been seen to hang.
        os._exit(code)


def run(job: dict) -> dict:
    """Run a pair to its end; one of them may outlive the other by ``grace`` s."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
    begun = time.monotonic()
    pids = {start(job, rank, port): rank for rank in range(2)}
    codes, seconds = [None, None], [None, None]
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
                os.kill(left, signal.SIGKILL)
            last = now + TIMEOUT
        else:
            time.sleep(0.01)
    return dict(codes=codes, seconds=seconds)


if __name__ == '__main__':
    torch.set_num_threads(1)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=ANSWERS, flush=True)
