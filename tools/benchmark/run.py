"""Train and test every row of a benchmark with several seeds, then report.

Finished runs are kept, an interrupted one goes on from its last epoch; the
tables and figures are made from the result files at the end.

    python -m tools.benchmark.run deeppcb-160_r18 --preset cpu --seeds 0 1 2
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil
import torch

from .report import write_report
from .results import finished, usable
from .settings import ROOT, Run, load_benchmark
from .train_run import BUSY

#: Between two reports on the trainings that run.
TELL_SECONDS = 60


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('benchmark', help='name of a file in configs/benchmarks')
    add('--preset', default='cpu', help='budget (default: cpu)')
    add('--seeds', type=int, nargs='+', default=[0])
    add('--rows', nargs='+', help='only these rows (default: all)')
    add('--jobs', type=int, default=1, help='trainings at the same time (default: 1)')
    add(
        '--retrain',
        nargs='*',
        metavar='ROW',
        help='train these rows anew (interrupted, they go on without this option), '
        'and finished runs whose teacher is; without a row, only the latter',
    )
    add('--report-only', action='store_true', help='train nothing, write the report')
    return parser.parse_args(argv)


def plan(args: argparse.Namespace) -> list[Run]:
    """The runs that are asked for, each after its teacher.

    Raises:
        SystemExit: Unknown row or preset; lists those that exist.
    """
    benchmark = load_benchmark(args.benchmark)
    for option, given, known in (
        ('preset', [args.preset], benchmark.presets),
        ('rows', args.rows or (), benchmark.rows),
        ('retrain', args.retrain or (), benchmark.rows),
    ):
        for name in given:
            if name not in known:
                names = ', '.join(known)
                raise SystemExit(f'--{option} {name} is unknown: choose from {names}.')
    rows = [*(args.rows or benchmark.rows), *(args.retrain or ())]
    asked = [
        Run(args.benchmark, args.preset, row, seed)
        for seed in args.seeds
        for row in rows
    ]
    with_teachers = [item for run in asked for item in (run.teacher, run)]
    return list(dict.fromkeys(filter(None, with_teachers)))


def first_ready(todo: Sequence[Run], active: Sequence[Run]) -> Run | None:
    """The first run whose teacher, if it has one, is not still to be trained."""
    return next((run for run in todo if run.teacher not in {*todo, *active}), None)


def unfinished(runs: Sequence[Run], retrain: Sequence[str] | None = None) -> list[Run]:
    """The runs to train: those without a result and teachers of theirs without weights.

    ``retrain`` adds its rows and, even if empty, finished students of what is trained.

    Raises:
        SystemExit: There are such students without it; names them.
    """
    todo = [run for run in runs if run.row in (retrain or ()) or not finished(run)]
    # Results are kept in the repository, weights are not.
    teachers = {run.teacher for run in todo}
    todo = [run for run in runs if run in todo or run in teachers and not usable(run)]
    outdated = [run for teacher in todo for run in teacher.students]
    outdated = [run for run in outdated if run not in todo and finished(run)]
    if outdated and retrain is None:
        again = dict.fromkeys(run.teacher.name for run in outdated)
        raise SystemExit(
            f'{", ".join(again)} must be trained again, as the weights of the result '
            'are not in work_dirs or the result is not of the present settings and '
            f'annotations; then {", ".join(run.name for run in outdated)}, already '
            'finished, would be left without their teacher. Put the weights back, '
            'take other --seeds, or give --retrain to train these again too.'
        )
    return todo + outdated


def progress(run: Run, offset: int) -> str:
    """Epoch, iteration and time left by its log, from where its process began."""
    text = run.log.read_bytes()[offset:].decode(errors='replace')
    _, found, rest = text.rpartition('Epoch(train)')
    return f'{run.name}: {rest.split("time:")[0].strip() if found else "begins"}'


def start(run: Run, threads: int, anew: bool) -> psutil.Popen:
    """Start one training as a process of its own; output in its work_dir."""
    run.work_dir.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, '-W', 'ignore', '-m', 'tools.benchmark.train_run']
    # A thread that spins while it waits takes the core from another training.
    env = dict(OMP_WAIT_POLICY='PASSIVE') | os.environ
    env |= dict.fromkeys(('OMP_NUM_THREADS', 'MKL_NUM_THREADS'), str(threads))
    return psutil.Popen(
        [*command, *map(str, run), *['--anew'] * anew],
        cwd=ROOT,
        stdout=run.log.open('a'),
        stderr=subprocess.STDOUT,
        env=env,
    )


def train_all(
    runs: Sequence[Run], jobs: int, retrain: Sequence[str] | None = None
) -> None:
    """Train what is not finished, ``jobs`` at a time.

    Raises:
        SystemExit: As of :func:`unfinished`, or a training failed or is that of
            another process, or settings or annotations changed while a teacher
            trained. The others are stopped and resume the next time.
    """
    todo = unfinished(runs, retrain)
    names = ', '.join(run.name for run in todo) or 'nothing'
    print(f'{len(runs)} runs; to train: {names}', flush=True)
    threads = max(1, torch.get_num_threads() // jobs)
    total, active, told = len(todo), {}, time.time()
    try:
        while todo or active:
            running = [run for run, _, _ in active.values()]
            while len(running) < jobs and (run := first_ready(todo, running)):
                # An old result of its teacher may lie beside weights of a new one.
                if run.teacher and not usable(run.teacher):
                    raise SystemExit(
                        f'{run.name} waits for {run.teacher.name}, whose result is not '
                        'of the present settings and annotations: they changed while '
                        'it trained; start again.'
                    )
                todo.remove(run)
                running.append(run)
                offset = run.log.stat().st_size if run.log.is_file() else 0
                process = start(run, threads, run.row in (retrain or ()))
                active[process] = run, time.time(), offset
            gone, _ = psutil.wait_procs(list(active), timeout=2)
            for process in gone:
                run, since, _ = active.pop(process)
                if process.returncode:
                    busy = 'is in training by another process: wait for it or stop it.'
                    failed = f'failed; its output is in {run.log}.'
                    why = busy if process.returncode == BUSY else failed
                    raise SystemExit(f'{run.name} {why}')
                done = f'{total - len(todo) - len(active)}/{total} {run.name}'
                print(f'{done}: {(time.time() - since) / 60:.1f} min', flush=True)
            if time.time() - told > TELL_SECONDS:
                told = time.time()
                for run, _, offset in active.values():
                    print(progress(run, offset), flush=True)
    finally:
        for process in active:
            process.terminate()
        # Started again at once, another would write beside it.
        psutil.wait_procs(list(active))


def main(argv: Sequence[str] | None = None) -> None:
    """Train, then write the report."""
    args = parse_args(argv)
    os.chdir(ROOT)
    # Without it the trainings would go on with nobody to wait for them.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if not args.report_only:
        train_all(plan(args), args.jobs, args.retrain)
    write_report(args.benchmark, args.preset)


if __name__ == '__main__':
    main()
