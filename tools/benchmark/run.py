"""Train and test every row of a benchmark with several seeds, then report.

Finished runs are kept, an interrupted one goes on from its last epoch; the
tables and figures are made from the result files at the end.

    python tools/benchmark/run.py deeppcb-160_r18 --preset cpu --seeds 0 1 2
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import torch
from code_version import current_version
from report import write_report
from settings import ROOT, Run, data_version, load_benchmark, settings_hash


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
    """Whether the result file is there and of the present code, settings and data."""
    if not run.result.is_file():
        return False
    result = json.loads(run.result.read_text())
    # Files of earlier versions do not say which annotations they were made with.
    data = result.get('data')
    return (
        result['settings'] == settings_hash(run)
        and result['code'] == current_version(result['code'])
        and (data is None or data == data_version(run))
    )


def usable(teacher: Run) -> bool:
    """Whether a student can start from it."""
    return teacher.checkpoint.is_file() and finished(teacher)


def first_ready(todo: Sequence[Run]) -> Run | None:
    """The first run that need not wait for its teacher."""
    ready = (run for run in todo if run.teacher is None or usable(run.teacher))
    return next(ready, None)


def start(run: Run, threads: int) -> subprocess.Popen:
    """Start one training as a process of its own; output in its work_dir."""
    run.work_dir.parent.mkdir(parents=True, exist_ok=True)
    log = run.work_dir.parent / f'{run.name}.log'
    tool = ROOT / 'tools' / 'benchmark' / 'train_run.py'
    command = [sys.executable, '-W', 'ignore', str(tool)]
    command += [run.benchmark, run.preset, run.row, str(run.seed)]
    command += ['--threads', str(threads)]
    return subprocess.Popen(
        command,
        stdout=log.open('a'),
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
    todo = [run for run in runs if not finished(run)]
    teachers = {run.teacher for run in todo}
    # Results are kept in the repository, weights are not.
    todo = [run for run in runs if run in todo or run in teachers and not usable(run)]
    print(f'{len(runs)} runs, {len(runs) - len(todo)} finished before', flush=True)
    threads = max(1, torch.get_num_threads() // jobs)
    total, active, begun = len(todo), {}, time.time()
    try:
        while todo or active:
            while len(active) < jobs and (run := first_ready(todo)) is not None:
                active[run] = start(run, threads), time.time()
                todo.remove(run)
            if not active:
                raise SystemExit(
                    f'{todo[0].name} waits for {todo[0].teacher.name}, whose result '
                    'is not of the present code, settings and data: they changed '
                    'while it trained; start again.'
                )
            time.sleep(2)
            for run, (process, since) in list(active.items()):
                if process.poll() is None:
                    continue
                del active[run]
                if process.returncode:
                    log = run.work_dir.parent / f'{run.name}.log'
                    raise SystemExit(f'{run.name} failed; its output is in {log}.')
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
    # Without it the trainings would go on with nobody to wait for them.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if not args.report_only:
        train_all(plan(args), args.jobs)
    write_report(args.benchmark, args.preset)


if __name__ == '__main__':
    main()
