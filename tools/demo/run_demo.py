"""Train a plain detector and SODGAN on small images, and compare them.

Draws aerial scenes, trains a detector on them (the teacher), then from its weights
and side by side a plain detector and SODGAN on the same scenes at half the side. It
prints one table, draws one picture and leaves a project of `sodgan init`'s kind. What
was interrupted goes on.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).with_name('project')
NAMES = dict(
    teacher='HR detector (the teacher)', baseline='plain detector', sodgan='SODGAN'
)
#: Shares of the time that the parts take.
SHARES = dict(images=5, teacher=52, students=38, comparison=5)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out-dir', type=Path, default=ROOT / 'work_dirs' / 'demo')
    parser.add_argument('--num-train', type=int, default=200)
    parser.add_argument('--num-val', type=int, default=60)
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args(argv)


class Progress:
    """One line that says what happens and how long it will take.

    On a terminal it is rewritten, elsewhere a line comes every 15 seconds.
    """

    def __init__(self) -> None:
        self.start = self.said = time.monotonic()
        self.part, self.before = '', 0

    def begin(self, part: str, text: str) -> None:
        """Begin a part, one of SHARES."""
        parts = list(SHARES)
        self.part = part
        self.before = sum(SHARES[p] for p in parts[: parts.index(part)])
        clear = '\r\033[K' if sys.stdout.isatty() else ''
        print(f'{clear}[{parts.index(part) + 1}/{len(parts)}] {text}', flush=True)

    def update(self, share: float, detail: str) -> None:
        """Say how far the part is, as a share from 0 to 1."""
        now, line = time.monotonic(), sys.stdout.isatty()
        if share <= 0 or now - self.said < (0.5 if line else 15):
            return
        self.said = now
        done = (self.before + share * SHARES[self.part]) / sum(SHARES.values())
        left = (now - self.start) * (1 / done - 1)
        text = f'      {detail}; about {left // 60:.0f} min {left % 60:02.0f} s left'
        print(f'\r\033[K{text}' if line else text, end='' if line else '\n', flush=True)


def make_project(args: argparse.Namespace, progress: Progress) -> None:
    """Draw the images, and lay the three configs beside them.

    Raises:
        SystemExit: The folder has a demo of other settings.
    """
    import cv2
    import numpy as np
    from scene import CLASSES, SIDE, draw_scene

    settings = {key: vars(args)[key] for key in ('num_train', 'num_val', 'seed')}
    record = args.out_dir / 'settings.json'
    if record.is_file():
        if json.loads(record.read_text()) != settings:
            raise SystemExit(
                f'{args.out_dir} has a demo of other settings: remove it, or name '
                'another --out-dir.'
            )
        return
    counts = dict(train=args.num_train, val=args.num_val)
    categories = [dict(id=i, name=name) for i, name in enumerate(CLASSES, start=1)]
    drawn = 0
    for stream, (split, count) in enumerate(counts.items()):
        folder = args.out_dir / 'data' / split
        folder.mkdir(parents=True, exist_ok=True)
        images, annotations = [], []
        for index in range(count):
            rng = np.random.default_rng([args.seed, stream, index])
            image, vehicles = draw_scene(rng)
            name = f'{index:04d}.png'
            cv2.imwrite(str(folder / name), image[..., ::-1])
            images.append(dict(id=index, file_name=name, width=SIDE, height=SIDE))
            for label, (x1, y1, x2, y2) in vehicles:
                box = [round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1)]
                annotations.append(
                    dict(
                        id=len(annotations) + 1,
                        image_id=index,
                        category_id=label + 1,
                        bbox=box,
                        area=round(box[2] * box[3], 2),
                        iscrowd=0,
                    )
                )
            drawn += 1
            progress.update(drawn / sum(counts.values()), f'{drawn} images')
        content = dict(images=images, annotations=annotations, categories=categories)
        folder.with_suffix('.json').write_text(json.dumps(content) + '\n')
    for config in PROJECT.glob('*.py'):
        shutil.copy(config, args.out_dir)
    record.write_text(json.dumps(settings) + '\n')


def train(
    args: argparse.Namespace, names: Sequence[str], progress: Progress
) -> dict[str, float]:
    """Train configs of the project side by side.

    Returns:
        dict[str, float]: Name -> seconds.

    Raises:
        SystemExit: A training failed; names its log.
    """
    from mmdet_sodgan.utils.read_config import read_config

    # All cores for one, one each for two: small images gain nothing from more.
    threads = str(max(1, min(2, os.cpu_count() or 1) // len(names)))
    start, seconds, running, steps = time.monotonic(), {}, {}, {}
    for name in names:
        config = args.out_dir / f'{name}.py'
        cfg = read_config(config)
        epoch = -(-args.num_train // cfg.train_dataloader.batch_size)
        steps[name] = cfg.max_epochs * epoch
        command = [sys.executable, '-m', 'mmdet_sodgan.cli.main']
        command += ['train', str(config), '--verbose']
        command += ['--cfg-options', f'randomness.seed={args.seed}']
        environment = dict(OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads)
        with log_of(args, name).open('w') as log:
            running[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | environment,
            )
    try:
        while len(seconds) < len(names):
            time.sleep(0.5)
            for name, process in running.items():
                if process.poll() is not None and name not in seconds:
                    seconds[name] = time.monotonic() - start
                    if process.returncode:
                        raise SystemExit(
                            f'The training of {name} failed, see {log_of(args, name)}.'
                        )
            done = {
                name: last_step(args.out_dir / 'work_dirs' / name) / steps[name]
                for name in names
            }
            detail = ', '.join(f'{NAMES[n]} {100 * d:.0f} %' for n, d in done.items())
            progress.update(min(done.values()), detail)
    finally:
        for process in running.values():
            if process.poll() is None:
                process.terminate()
                process.wait()
    return seconds


def log_of(args: argparse.Namespace, name: str) -> Path:
    """Name the file that holds what a training says."""
    return args.out_dir / f'{name}.log'


def last_step(work_dir: Path) -> int:
    """Read from a training's log how many iterations it has made."""
    last = 0
    for log in work_dir.glob('*/vis_data/scalars.json'):
        # A line that is being written has no end yet.
        lines = log.read_text().split('\n')[:-1]
        rows = map(json.loads, lines)
        last = max([last, *(row['step'] for row in rows if 'loss' in row)])
    return last


def collect(args: argparse.Namespace, seconds: dict[str, float]) -> Iterator[tuple]:
    """Read what each training's validation gave.

    Yields:
        tuple: Name, and its figures.
    """
    from mmdet_sodgan.apps.report import read_work_dir

    for name in NAMES:
        run = read_work_dir(args.out_dir / 'work_dirs' / name)
        yield (
            name,
            dict(
                config=f'{name}.py',
                checkpoint=run.checkpoint.name,
                train_seconds=seconds[name],
                metrics=run.validations[-1],
                buckets=run.by_size['buckets'],
            ),
        )


def table(results: dict[str, dict]) -> str:
    """Lay the models out in a table, one row each."""
    from terminaltables import AsciiTable

    buckets = next(iter(results.values()))['buckets']
    spans = [f'{b["sides"][0]:.0f}-{b["sides"][1]:.0f} px' for b in buckets]
    header = ['', 'input', 'AP', *spans, 'parameters', 'time']
    rows = [
        [
            name,
            f'{result["input_px"]} px',
            f'{100 * result["metrics"]["coco/bbox_mAP"]:.1f}',
            *(f'{100 * bucket["AP"]:.1f}' for bucket in result['buckets']),
            f'{result["params"] / 1e6:.2f} M',
            f'{result["ms_per_image"]:.0f} ms',
        ]
        for name, result in results.items()
    ]
    return AsciiTable([header, *rows]).table


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo."""
    args = parse_args(argv)
    args.out_dir = args.out_dir.resolve()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    # Before torch is imported, and for the tools: see mmdet_sodgan.cli.main.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    from mmdet_sodgan.cli.main import silence_known_warnings

    silence_known_warnings()
    progress = Progress()
    progress.begin('images', f'Drawing {args.num_train} + {args.num_val} images')
    make_project(args, progress)
    progress.begin('teacher', 'Training a plain detector on the images: the teacher')
    seconds = train(args, ['teacher'], progress)
    progress.begin(
        'students',
        'Training, from its weights and on images of half the side, a plain detector '
        'and SODGAN',
    )
    seconds |= train(args, ['baseline', 'sodgan'], progress)
    progress.begin('comparison', 'Timing the three, and drawing the picture')
    # Heavy imports late, so that the screen says something soon.
    from compare import compare

    from mmdet_sodgan.utils.provenance import provenance

    results = dict(collect(args, seconds))
    for name, measured in compare(args.out_dir, results, NAMES).items():
        results[name].update(measured)
    results = {NAMES[name]: result for name, result in results.items()}
    settings = {key: value for key, value in vars(args).items() if key != 'out_dir'}
    minutes = (time.monotonic() - progress.start) / 60
    (args.out_dir / 'demo.json').write_text(
        json.dumps(
            dict(**settings, **provenance(), minutes=minutes, results=results), indent=1
        )
        + '\n'
    )
    folder = os.path.relpath(args.out_dir)
    weights = f'{folder}/work_dirs/sodgan/{results["SODGAN"]["checkpoint"]}'
    print(
        f'{table(results)}\n'
        'AP in per cent over IoU 0.5 to 0.95, of all objects and by the side of an '
        'object in px\nof the image as drawn; time of an image on one core, in turn. '
        f'{minutes:.1f} minutes in all.\n'
        f'Picture: {folder}/demo.png   Figures: {folder}/demo.json\n'
        'Next:\n'
        f'  sodgan report {folder}\n'
        f'  sodgan predict {folder}/data/val {folder}/sodgan.py {weights}\n'
        f'  sodgan web --baseline {folder}/baseline.py '
        f'{weights.replace("sodgan", "baseline")} --sodgan {folder}/sodgan.py {weights}'
    )


if __name__ == '__main__':
    main()
