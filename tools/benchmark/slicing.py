"""AP and time of big images, whole and in slices.

A big image is a mosaic of 2 x 2 test images, so that its objects are as small, and
its ground truth as good, as theirs. Rows: the images one by one, the mosaic through
the config's own pipeline, which shrinks it, the mosaic at the scale of training,
and slices of several sides.

    python tools/benchmark/slicing.py CONFIG CHECKPOINT --ann-file data/.../test.json
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from systems import (
    ROOT,
    add_device_arguments,
    check_file,
    get_setting,
    header,
    positive,
    save,
    without_root,
)

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.prediction_writer import PredictionWriter
from mmdet_sodgan.evaluation.detections import evaluate_detections

RESULTS = ROOT / 'docs' / 'results' / 'slicing'
#: Images a side of a mosaic.
TILES = 2
METRICS = dict(AP='bbox_mAP', AP50='bbox_mAP_50', AP75='bbox_mAP_75')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='of a detector whose images have one size')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('--ann-file', required=True, help='COCO file of the images')
    parser.add_argument(
        '--images', type=positive, default=40, help='first so many of the file'
    )
    parser.add_argument(
        '--sides', type=positive, nargs='+', default=[640, 512], help='of slices'
    )
    parser.add_argument('--overlap', type=float, default=0.2)
    parser.add_argument('--out', type=Path, help='JSON to write')
    add_device_arguments(parser)
    args = parser.parse_args(argv)
    if args.images % TILES**2:
        parser.error(f'--images must be divisible by {TILES**2}')
    return args


def make_mosaics(coco: dict, paths: Sequence[Path], folder: Path) -> dict:
    """Write mosaics of the first images and their annotations.

    Args:
        coco (dict): Annotations of all images.
        paths (Sequence[Path]): The images to take, the first of ``coco``, all of
            one size.
        folder (Path): For ``0.png`` and so on.

    Returns:
        dict: Annotations of the mosaics, boxes in their pixels.
    """
    count, images, annotations = TILES**2, [], []
    for number in range(len(paths) // count):
        chosen = slice(number * count, (number + 1) * count)
        tiles = [cv2.imread(str(path)) for path in paths[chosen]]
        height, width = tiles[0].shape[:2]
        rows = [np.hstack(tiles[i : i + TILES]) for i in range(0, count, TILES)]
        mosaic = np.vstack(rows)
        cv2.imwrite(str(folder / f'{number}.png'), mosaic)
        size = dict(height=mosaic.shape[0], width=mosaic.shape[1])
        images.append(dict(id=number, file_name=f'{number}.png', **size))
        for place, image in enumerate(coco['images'][chosen]):
            top, left = (place // TILES) * height, (place % TILES) * width
            for one in coco['annotations']:
                if one['image_id'] == image['id']:
                    x, y, *size = one['bbox']
                    moved = dict(image_id=number, bbox=[x + left, y + top, *size])
                    annotations.append(one | moved)
    return dict(images=images, annotations=annotations, categories=coco['categories'])


def measure(
    predictor: Predictor, coco: dict, paths: Sequence[Path], folder: Path
) -> dict:
    """Predict images and score what is found.

    Args:
        predictor (Predictor): The detector.
        coco (dict): Annotations.
        paths (Sequence[Path]): The images of ``coco``, in order.
        folder (Path): For files of predictions and annotations.

    Returns:
        dict: AP, AP50, AP75 in [0, 1], and the medians of the seconds and of the
        seconds of CPU, which other jobs of the machine change less, an image.
    """
    predictor(paths[0])  # warm up
    seconds, cpu = [], []
    with PredictionWriter(folder, predictor.classes, score_thr=1.0) as writer:
        for image, path in zip(coco['images'], paths, strict=True):
            pixels = predictor.load(path)
            start = time.perf_counter(), time.process_time()
            sample = predictor(pixels)
            seconds.append(time.perf_counter() - start[0])
            cpu.append(time.process_time() - start[1])
            writer.write(image['file_name'], sample)
    truth = folder / 'truth.json'
    truth.write_text(json.dumps(coco))
    files = (folder / 'detections.json', folder / 'images.json')
    scores = evaluate_detections(truth, *files, metric='bbox')
    figures = {key: scores[name] for key, name in METRICS.items()}
    times = dict(seconds=seconds, cpu_seconds=cpu)
    return figures | {key: statistics.median(x) for key, x in times.items()}


def training_scale(config: str) -> dict:
    """Options by which the pipeline treats a mosaic as it would its tiles.

    Args:
        config (str): Path.

    Returns:
        dict: Value by dotted key.
    """
    pipeline = Config.fromfile(config).test_dataloader.dataset.pipeline
    (index,) = (i for i, step in enumerate(pipeline) if step['type'] == 'Resize')
    scale = tuple(TILES * side for side in pipeline[index].scale)
    return {f'test_dataloader.dataset.pipeline.{index}.scale': scale}


def table(result: dict) -> str:
    """Rows of a Markdown table, AP in per cent."""
    lines = [
        '| input | AP | AP50 | AP75 | s of CPU an image |',
        '| --- | --- | --- | --- | --- |',
    ]
    for name, row in result['rows'].items():
        cells = [f'{100 * row[key]:.1f}' for key in METRICS]
        lines.append(f'| {name} | {" | ".join(cells)} | {row["cpu_seconds"]:.2f} |')
    return '\n'.join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Make mosaics, measure each row, write."""
    args = parse_args(argv)
    for name in ('config', 'checkpoint', 'ann_file'):
        check_file(getattr(args, name), name)
    setting = get_setting(args)
    dataset = Config.fromfile(args.config).test_dataloader.dataset
    coco = json.loads(Path(args.ann_file).read_text())
    coco['images'] = coco['images'][: args.images]
    known = {image['id'] for image in coco['images']}
    coco['annotations'] = [x for x in coco['annotations'] if x['image_id'] in known]
    root = Path(dataset.data_root, dataset.data_prefix.img)
    paths = [root / image['file_name'] for image in coco['images']]
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big = make_mosaics(coco, paths, folder)
        mosaics = [folder / image['file_name'] for image in big['images']]

        def run(name, coco, paths, **options):
            predictor = Predictor(
                args.config, args.checkpoint, device=args.device, **options
            )
            rows[name] = measure(predictor, coco, paths, folder)
            print(name, rows[name], flush=True)

        run('the images one by one', coco, paths)
        run('whole', big, mosaics)
        scale = training_scale(args.config)
        run('whole, at the scale of training', big, mosaics, cfg_options=scale)
        for side in args.sides:
            options = dict(slice_side=side, overlap=args.overlap)
            run(f'slices of {side} px', big, mosaics, **options)
    result = dict(
        **header('slicing.py', argv, setting),
        config=without_root(args.config),
        checkpoint=Path(args.checkpoint).name,
        images=args.images,
        mosaics=len(mosaics),
        side=big['images'][0]['width'],
        overlap=args.overlap,
        rows=rows,
    )
    save(result, args.out or RESULTS / f'{Path(args.config).stem}_{args.device}.json')
    print(table(result))


if __name__ == '__main__':
    main()
