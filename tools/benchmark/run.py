"""Train and test every row of a benchmark with several seeds, then report.

Finished runs are kept, an interrupted one goes on from its last epoch; the
tables and figures are made from the result files at the end.

    python tools/benchmark/run.py deeppcb-160_r18 --preset cpu --seeds 0 1 2
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

import torch
from code_version import check_package, current_version
from report import write_report
from settings import ROOT, Run, data_version, load_benchmark, settings_hash
from teachers import students, teacher_version

#: Between two reports on the trainings that run.
TELL_SECONDS = 60


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


def finished(run: Run) -> bool:
    """Whether its result is there, of the present code, settings, data and teacher."""
    if not run.result.is_file():
        return False
    # Files of earlier versions do not name their annotations and teacher.
    result = json.loads(run.result.read_text())
    return (
        result['settings'] == settings_hash(run)
        and result['code'] == current_version(result['code'])
        and result.get('data') == data_version(run)
        and result.get('teacher') == teacher_version(run)
    )


def usable(teacher: Run) -> bool:
    """Whether a student can start from it."""
    return teacher.checkpoint.is_file() and finished(teacher)


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


def unfinished(runs: Sequence[Run]) -> list[Run]:
    """The runs to train, in their order.

    Args:
        runs (Sequence[Run]): That are asked for, each after its teacher.

    Returns:
        list[Run]: Those without a result, teachers whose weights are gone, and all
        students of a teacher that must be trained again: its result changes.

    Raises:
        SystemExit: Such a student was not asked for; names its row.
    """
    todo = {run for run in runs if not finished(run)}
    # Results are kept in the repository, weights are not.
    again = {run.teacher for run in todo} - {None}
    again = {run for run in again if not usable(run)}
    for teacher in again:
        # Judged by the results as they are, before the teacher's is another.
        touched = [run for run in students(teacher) if finished(run)]
        if lost := [run.row for run in touched if run not in runs]:
            raise SystemExit(
                f'The weights of {teacher.name} are not in {teacher.work_dir}, and a '
                'new training of it would leave the results of its students '
                f'({", ".join(lost)}) without their teacher: name these --rows too, '
                'or put the weights back, or take another of the --seeds.'
            )
        todo |= {teacher, *touched}
    return [run for run in runs if run in todo]


def progress(run: Run) -> str | None:
    """Last line about training in a run's log: epoch, iteration, time left."""
    with run.log.open('rb') as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
        tail = log.read().decode(errors='replace')
    found = re.findall(
        r'Epoch\(train\) +\[(\d+)\]\[ *(\d+/\d+)\].*?eta: ([\d:]+)', tail
    )
    if not found:
        return None
    epoch, iteration, left = found[-1]
    return f'{run.name}: epoch {epoch} of {run.epochs}, {iteration}, {left} left'


def start(run: Run, threads: int) -> subprocess.Popen:
    """Start one training as a process of its own; output in its work_dir."""
    run.work_dir.parent.mkdir(parents=True, exist_ok=True)
    tool = ROOT / 'tools' / 'benchmark' / 'train_run.py'
    command = [sys.executable, '-W', 'ignore', str(tool)]
    command += [run.benchmark, run.preset, run.row, str(run.seed)]
    command += ['--threads', str(threads)]
    return subprocess.Popen(
        command,
        stdout=run.log.open('a'),
        stderr=subprocess.STDOUT,
        env={**os.environ, 'OMP_NUM_THREADS': str(threads)},
    )


def train_all(runs: Sequence[Run], jobs: int) -> None:
    """Train what is not finished, ``jobs`` at a time.

    Raises:
        SystemExit: A training failed; names its log. The others of that
            moment are stopped and resume the next time. Or a student's teacher
            has trained, and code, settings or data changed meanwhile.
    """
    todo = unfinished(runs)
    print(f'{len(runs)} runs, {len(runs) - len(todo)} finished before', flush=True)
    threads = max(1, torch.get_num_threads() // jobs)
    total, active, begun = len(todo), {}, time.time()
    told = begun
    try:
        while todo or active:
            while len(active) < jobs and (run := first_ready(todo, active)) is not None:
                todo.remove(run)
                active[run] = start(run, threads), time.time()
            if not active:
                raise SystemExit(
                    f'{todo[0].name} waits for {todo[0].teacher.name}, whose result '
                    'is not of the present code, settings and data: they changed '
                    'while it trained; start again.'
                )
            time.sleep(2)
            if time.time() - told > TELL_SECONDS:
                told = time.time()
                for line in filter(None, map(progress, active)):
                    print(line, flush=True)
            for run, (process, since) in list(active.items()):
                if process.poll() is None:
                    continue
                del active[run]
                if process.returncode:
                    raise SystemExit(f'{run.name} failed; its output is in {run.log}.')
                done = total - len(todo) - len(active)
                left = (time.time() - begun) / done * (total - done) / 60
                print(
                    f'{done}/{total} {run.name}: {(time.time() - since) / 60:.1f} min; '
                    f'about {left:.0f} min left',
                    flush=True,
                )
    finally:
        for process, _ in active.values():
            process.terminate()
        for process, _ in active.values():
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
        train_all(plan(args), args.jobs)
    write_report(args.benchmark, args.preset)


if __name__ == '__main__':
    main()
