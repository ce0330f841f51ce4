"""Train and test every row of a benchmark with several seeds, then report.

Finished runs are kept, an interrupted one goes on from its last epoch; the
tables and figures are made from the result files at the end.

    python -m tools.benchmark.run deeppcb-160_r18 --preset cpu --seeds 0 1 2
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import torch

from .code_version import check_package
from .report import write_report
from .settings import ROOT, Run, load_benchmark
from .teachers import finished, students, usable
from .train_run import BUSY

#: Between two reports on the trainings that run.
TELL_SECONDS = 60
#: Epoch, iteration and time left in a line of mmengine's log.
LOGGED = re.compile(
    r'Epoch\(train\) +\[(\d+)\]\[ *(\d+/\d+)\].*? eta: ((?:\d+ days?, )?[\d:]+)'
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('benchmark', help='name of a file in configs/benchmarks')
    parser.add_argument('--preset', default='cpu', help='budget (default: cpu)')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--rows', nargs='+', help='only these rows (default: all)')
    parser.add_argument(
        '--jobs', type=int, default=1, help='trainings at the same time (default: 1)'
    )
    parser.add_argument(
        '--retrain',
        action='store_true',
        help='train finished runs again where their teacher has to be',
    )
    parser.add_argument(
        '--report-only', action='store_true', help='train nothing, write the report'
    )
    return parser.parse_args(argv)


def plan(args: argparse.Namespace) -> list[Run]:
    """The runs that are asked for, each after its teacher.

    Raises:
        SystemExit: Unknown row or preset; lists those that exist.
    """
    benchmark = load_benchmark(args.benchmark)
    if args.preset not in benchmark.presets:
        raise SystemExit(
            f'--preset {args.preset} is unknown: choose one of '
            f'{", ".join(benchmark.presets)}.'
        )
    rows = args.rows or list(benchmark.rows)
    unknown = [row for row in rows if row not in benchmark.rows]
    if unknown:
        raise SystemExit(
            f'--rows {unknown[0]} is unknown: choose from {", ".join(benchmark.rows)}.'
        )
    runs = []
    for seed in args.seeds:
        for row in rows:
            run = Run(args.benchmark, args.preset, row, seed)
            for item in (run.teacher, run):
                if item is not None and item not in runs:
                    runs.append(item)
    return runs


def first_ready(todo: Sequence[Run], active: Iterable[Run]) -> Run | None:
    """The first run that need not wait for its teacher."""
    # Its weights come before its result, which may be an old one till then.
    busy = {*todo, *active}
    ready = (
        run
        for run in todo
        if run.teacher is None or run.teacher not in busy and usable(run.teacher)
    )
    return next(ready, None)


def unfinished(runs: Sequence[Run], retrain: bool = False) -> list[Run]:
    """The runs to train.

    Args:
        runs (Sequence[Run]): That are asked for, with their teachers.
        retrain (bool): Train finished students again where their teacher must be.
            Defaults to False.

    Returns:
        list[Run]: Those without a result, teachers of theirs whose weights are not
        there, and, with ``retrain``, all finished students of teachers among them.

    Raises:
        SystemExit: Without ``retrain`` there are such students; names them.
    """
    todo = [run for run in runs if not finished(run)]
    # Results are kept in the repository, weights are not.
    teachers = {run.teacher for run in todo}
    todo = [run for run in runs if run in todo or run in teachers and not usable(run)]
    outdated = [run for teacher in todo for run in students(teacher)]
    outdated = [run for run in outdated if run not in todo and finished(run)]
    if outdated and not retrain:
        again = dict.fromkeys(run.teacher.name for run in outdated)
        raise SystemExit(
            f'{", ".join(again)} must be trained again, as the weights of the result '
            'are not in work_dirs or the result is not of the present code, settings '
            f'and data; then {", ".join(run.name for run in outdated)}, already '
            'finished, would be left without their teacher. Put the weights back, '
            'take other --seeds, or give --retrain to train these again too.'
        )
    return todo + outdated


def progress(run: Run, offset: int) -> str | None:
    """What its log says last of a training: epoch, iteration, time left.

    Args:
        run (Run): Which.
        offset (int): Size of the log in bytes when its process was started; what is
            before that is an earlier one's.

    Returns:
        str | None: A line; None where there is nothing yet.
    """
    with run.log.open('rb') as log:
        log.seek(max(offset, log.seek(0, os.SEEK_END) - 4000))
        found = LOGGED.findall(log.read().decode(errors='replace'))
    if not found:
        return None
    epoch, iteration, left = found[-1]
    return f'{run.name}: epoch {epoch} of {run.epochs}, {iteration}, {left} left'


def start(run: Run, threads: int) -> subprocess.Popen:
    """Start one training as a process of its own; output in its work_dir."""
    run.work_dir.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, '-W', 'ignore', '-m', 'tools.benchmark.train_run']
    command += [run.benchmark, run.preset, run.row, str(run.seed)]
    command += ['--threads', str(threads)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=run.log.open('a'),
        stderr=subprocess.STDOUT,
        env={**os.environ, 'OMP_NUM_THREADS': str(threads)},
    )


def check_end(run: Run, code: int) -> None:
    """Stop where a training did not end well.

    Args:
        run (Run): Which.
        code (int): Exit status of its process.

    Raises:
        SystemExit: Another process trains it, or it failed; names its log.
    """
    if code == BUSY:
        raise SystemExit(
            f'{run.name} is in training by another process: wait for it or stop it.'
        )
    if code:
        raise SystemExit(f'{run.name} failed; its output is in {run.log}.')


def train_all(runs: Sequence[Run], jobs: int, retrain: bool = False) -> None:
    """Train what is not finished, ``jobs`` at a time.

    Args:
        runs (Sequence[Run]): That are asked for.
        jobs (int): Trainings at the same time.
        retrain (bool): As for :func:`unfinished`. Defaults to False.

    Raises:
        SystemExit: A training failed; names its log. Or another process trains
            one of the runs, or a student's teacher has trained, and code, settings
            or data changed meanwhile. The others of that moment are stopped and
            resume the next time. Or as of :func:`unfinished`.
    """
    todo = unfinished(runs, retrain)
    names = ', '.join(run.name for run in todo) or 'nothing'
    print(f'{len(runs)} runs; to train: {names}', flush=True)
    threads = max(1, torch.get_num_threads() // jobs)
    total, active, begun = len(todo), {}, time.time()
    told = begun
    try:
        while todo or active:
            while len(active) < jobs and (run := first_ready(todo, active)) is not None:
                todo.remove(run)
                offset = run.log.stat().st_size if run.log.is_file() else 0
                active[run] = start(run, threads), time.time(), offset
            if not active:
                raise SystemExit(
                    f'{todo[0].name} waits for {todo[0].teacher.name}, whose result '
                    'is not of the present code, settings and data: they changed '
                    'while it trained; start again.'
                )
            time.sleep(2)
            if time.time() - told > TELL_SECONDS:
                told = time.time()
                for run, (_, _, offset) in active.items():
                    print(progress(run, offset) or f'{run.name}: begins', flush=True)
            for run, (process, since, _) in list(active.items()):
                if process.poll() is None:
                    continue
                del active[run]
                check_end(run, process.returncode)
                done = total - len(todo) - len(active)
                left = (time.time() - begun) / done * (total - done) / 60
                print(
                    f'{done}/{total} {run.name}: {(time.time() - since) / 60:.1f} min; '
                    f'about {left:.0f} min left',
                    flush=True,
                )
    finally:
        for process, _, _ in active.values():
            process.terminate()
        for process, _, _ in active.values():
            # Started again at once, another would write beside it.
            process.wait()


def main(argv: Sequence[str] | None = None) -> None:
    """Train, then write the report."""
    args = parse_args(argv)
    os.chdir(ROOT)
    check_package()
    # Without it the trainings would go on with nobody to wait for them.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if not args.report_only:
        train_all(plan(args), args.jobs, args.retrain)
    write_report(args.benchmark, args.preset)


if __name__ == '__main__':
    main()
