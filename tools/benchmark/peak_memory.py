"""Memory of a process: now, and at its peak."""

import multiprocessing
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from systems import Setting, System
from workload import Work, attempt

MIB = 2**20
#: Optimizers make their state in the first step.
RUNS = 2


def resident_kib(key: str = 'VmRSS') -> int:
    """Resident set of this process, 'VmRSS' now or 'VmHWM' at its largest.

    Not from getrusage(), whose maximum includes that of the process which
    started this one.
    """
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def peak_memory(system: System, *args) -> tuple[float | None, str | None]:
    """Peak memory of one system in a fresh process.

    Args:
        system (System): Which.
        *args: The other arguments of :class:`Work`.

    Returns:
        tuple: MiB and None, or None and the sentence that says that memory ran
        out: here, where it takes no other measurement with it.

    Raises:
        RuntimeError: The process failed for another reason.
    """
    context = multiprocessing.get_context('spawn')
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_peak, args=(sender, system, *args))
    process.start()
    sender.close()
    try:
        answer = receiver.recv()
    except EOFError:
        answer = None
    process.join()
    if answer is not None:
        return answer
    if process.exitcode == -signal.SIGKILL:
        return None, 'the system killed the process, as it does when memory runs out'
    raise RuntimeError(
        f'the memory of {system.name} could not be measured: its process failed with '
        'the error above.'
    )


def _send_peak(sender: Connection, system: System, *args) -> None:
    """Measure in this process, and send what :func:`peak_memory` returns."""
    setting: Setting = args[-1]
    torch.set_num_threads(setting.threads)
    # Memory is not kept, also where setting.memory_kept: what loading the weights has
    # freed would count.
    # Where memory runs out, this process goes first.
    Path('/proc/self/oom_score_adj').write_text('1000')
    cuda = setting.device == 'cuda'
    imported = resident_kib()

    def measure() -> float:
        work = Work(system, *args)
        # Building takes more than the parts that are kept.
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        else:
            Path('/proc/self/clear_refs').write_text('5')  # see proc(5)
        for _ in range(RUNS):
            work.run(work.prepare())
        if cuda:
            return torch.cuda.max_memory_allocated() / MIB
        return (resident_kib('VmHWM') - imported) / 1024

    sender.send(attempt(measure))
