"""Train a plain detector and SODGAN on small images, and compare them.

Draws aerial scenes, trains a detector on them (the teacher), then from its weights a
plain detector and SODGAN on the same scenes at half the side. It prints one table,
draws one picture and leaves a project of `sodgan init`'s kind. What was interrupted
goes on.
"""

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).with_name('project')
NAMES = dict(
    teacher='HR detector (the teacher)', baseline='plain detector', sodgan='SODGAN'
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out-dir', type=Path, default=ROOT / 'work_dirs' / 'demo')
    parser.add_argument('--num-train', type=int, default=200)
    parser.add_argument('--num-val', type=int, default=60)
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args(argv)


def make_project(folder: Path, settings: dict[str, int]) -> None:
    """Draw the images, and lay the three configs beside them.

    Raises:
        SystemExit: The folder has a demo of other settings.
    """
    import cv2
    import numpy as np
    from scene import CLASSES, SIDE, draw_scene

    from mmdet_sodgan.datasets.converters.coco_json import build_coco, write_all

    record = folder / 'settings.json'
    if record.is_file():
        if json.loads(record.read_text()) != settings:
            raise SystemExit(
                f'{folder} has a demo of other settings: remove it, or name another '
                '--out-dir.'
            )
        return

    def draw_images(stream: int, split: str, ids: range) -> Iterator[tuple]:
        (folder / 'data' / split).mkdir(parents=True, exist_ok=True)
        for index in ids:
            rng = np.random.default_rng([settings['seed'], stream, index])
            image, vehicles = draw_scene(rng)
            name = f'{index:04d}.png'
            cv2.imwrite(str(folder / 'data' / split / name), image[..., ::-1])
            objects = []
            for label, (x1, y1, x2, y2) in vehicles:
                box = [round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1)]
                objects.append(dict(label=label, bbox=box))
            yield name, (SIDE, SIDE), objects

    for stream, split in enumerate(('train', 'val')):
        ids = range(settings[f'num_{split}'])
        coco = build_coco(draw_images(stream, split, ids), CLASSES, ids)
        write_all(folder / 'data', {f'{split}.json': coco})
    for config in PROJECT.glob('*.py'):
        shutil.copy(config, folder)
    write_all(folder, {record.name: settings})


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
    start = time.monotonic()
    settings = vars(parse_args(argv))
    folder = settings.pop('out_dir').resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # Before torch is imported, and for the trainings: see mmdet_sodgan.cli.main. Small
    # images gain nothing from more than two threads.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    os.environ.setdefault('OMP_NUM_THREADS', str(min(2, os.cpu_count() or 1)))
    from mmdet_sodgan.cli.main import prepare, silence_known_warnings

    silence_known_warnings()
    prepare()
    from mmdet_sodgan.apis.teacher_first import train_in_process
    from mmdet_sodgan.utils.provenance import provenance

    print(
        f'[1/5] Drawing {settings["num_train"]} + {settings["num_val"]} images',
        flush=True,
    )
    make_project(folder, settings)
    seconds = {}
    for number, (name, text) in enumerate(NAMES.items(), start=2):
        side = 'as they are' if name == 'teacher' else 'at half the side'
        print(f'[{number}/5] Training on the images {side}: {text}', flush=True)
        began = time.monotonic()
        seed = f'randomness.seed={settings["seed"]}'
        train_in_process(folder / f'{name}.py', ('--cfg-options', seed))
        seconds[name] = time.monotonic() - began
    print('[5/5] Timing the three, and drawing the picture', flush=True)
    from compare import compare

    results = {
        NAMES[name]: dict(config=f'{name}.py', train_seconds=seconds[name]) | measured
        for name, measured in compare(folder, NAMES).items()
    }
    minutes = (time.monotonic() - start) / 60
    record = dict(**settings, **provenance(), minutes=minutes, results=results)
    (folder / 'demo.json').write_text(json.dumps(record, indent=1) + '\n')
    folder = os.path.relpath(folder)
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
