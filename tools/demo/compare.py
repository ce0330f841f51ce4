"""Time the demo's detectors in turn and draw what they find and miss."""

import statistics
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from mmdet.apis import init_detector
from mmdet.registry import DATASETS
from mmengine.dataset import pseudo_collate
from PIL import Image, ImageDraw, ImageFont
from scene import SIDE

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.apps.report.cost import count_parameters
from mmdet_sodgan.apps.report.ground_truth import read_ground_truth
from mmdet_sodgan.apps.report.images import COLOURS, score_images
from mmdet_sodgan.visualization import draw_boxes

TIMED_IMAGES, DRAWN_IMAGES = 20, 3
#: Px of a cell's picture, and of what is written above it.
CELL, LINE = 384, 30
SCORE_THR = 0.3


def compare(
    project: Path, results: Mapping[str, dict], names: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Measure size and speed; write ``demo.png``.

    Args:
        project (Path): Folder of the configs.
        results (Mapping[str, dict]): Of each config, without suffix, the name of its
            ``checkpoint``.
        names (Mapping[str, str]): What they are called in the picture.

    Returns:
        dict[str, dict[str, float]]: Of each config ``params``, without the parts that
        only training needs, ``ms_per_image`` and ``input_px``.
    """
    enable_safe_loading()
    torch.set_num_threads(1)
    # Without what MMEngine says of each checkpoint.
    with redirect_stdout(None):
        models = {
            name: init_detector(
                str(project / f'{name}.py'),
                str(project / 'work_dirs' / name / result['checkpoint']),
                device='cpu',
            )
            for name, result in results.items()
        }
    config = next(iter(models.values())).cfg
    dataset = DATASETS.build(config.test_dataloader.dataset)
    # The students side by side, and the teacher after them.
    order = [*list(models)[1:], next(iter(models))]
    rows = [
        [_cell(models[name], dataset, index, config) for name in order]
        for index in range(min(DRAWN_IMAGES, len(dataset)))
    ]
    titles = [
        f'{names[name]}, {row.shape[1]} px'
        for name, (row, _) in zip(order, rows[0], strict=True)
    ]
    _save(titles, rows, project / 'demo.png')
    times = _time(models, dataset)
    return {
        name: dict(
            params=count_parameters(model)[0],
            ms_per_image=times[name],
            input_px=_input(model, dataset[0]).shape[1],
        )
        for name, model in models.items()
    }


@torch.no_grad()
def _time(models: Mapping, dataset) -> dict[str, float]:
    """Take the median milliseconds of one image, the models taking turns."""
    times = {name: [] for name in models}
    for i in range(min(TIMED_IMAGES, len(dataset)) + 1):
        for name, model in models.items():
            batch = pseudo_collate([dataset[i % len(dataset)]])
            start = time.perf_counter()
            model.test_step(batch)
            times[name].append(1e3 * (time.perf_counter() - start))
    # The first image warms up.
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def _input(model, sample: dict) -> np.ndarray:
    """Make the picture that a detector's backbone gets, (H, W, 3), RGB, uint8."""
    preprocessor = model.data_preprocessor
    (image,) = preprocessor(pseudo_collate([sample]), False)['inputs']
    image = image * preprocessor.std + preprocessor.mean
    return image.clamp(0, 255).round().byte().permute(1, 2, 0).numpy()


@torch.no_grad()
def _cell(model, dataset, index: int, config) -> tuple[np.ndarray, object]:
    """Find what a detector sees of an image, and what it finds and misses there."""
    sample = dataset[index]
    found = model.test_step(pseudo_collate([sample]))[0].pred_instances.numpy()
    truth = read_ground_truth(config)
    image_id = dataset.get_data_info(index)['img_id']
    truth.images = {image_id: truth.images[image_id]}
    truth.annotations = [a for a in truth.annotations if a['image_id'] == image_id]
    categories = list(truth.classes)
    detections = [
        dict(
            image_id=image_id,
            category_id=categories[label],
            score=float(score),
            bbox=[float(v) for v in (x1, y1, x2 - x1, y2 - y1)],
        )
        for (x1, y1, x2, y2), label, score in zip(
            found.bboxes, found.labels, found.scores, strict=True
        )
    ]
    (scored,) = score_images(truth, detections, SCORE_THR)
    return _input(model, sample), scored


def _save(titles: list[str], rows: list[list[tuple]], path: Path) -> None:
    """Lay the cells out below their titles, with a legend."""
    font = ImageFont.load_default(17)
    size = len(titles) * (CELL + 8), 2 * LINE + len(rows) * (CELL + LINE)
    page = Image.new('RGB', size, 'white')
    draw = ImageDraw.Draw(page)
    texts = dict(
        found='found', missed='missed', false='false: no such object, or another class'
    )
    x = 4
    for kind, text in texts.items():
        draw.rectangle((x, 8, x + 16, 22), outline=COLOURS[kind], width=3)
        draw.text((x + 24, LINE // 2), text, 'black', font, anchor='lm')
        x += 60 + int(draw.textlength(text, font))
    for column, title in enumerate(titles):
        x = column * (CELL + 8)
        draw.text((x + 4, 1.5 * LINE), title, 'black', font, anchor='lm')
        for index, row in enumerate(rows):
            y = 2 * LINE + index * (CELL + LINE)
            image, scored = row[column]
            page.paste(Image.fromarray(_draw(image, scored)), (x + 4, y + LINE))
            total = len(scored.found) + len(scored.missed)
            text = f'found {len(scored.found)} of {total}, {len(scored.false)} false'
            draw.text((x + 4, y + LINE // 2), text, 'black', font, anchor='lm')
    # 256 colours are enough, and a third of the file.
    page.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def _draw(image: np.ndarray, scored) -> np.ndarray:
    picture = np.asarray(Image.fromarray(image).resize((CELL, CELL), Image.NEAREST))
    drawn = [(box, COLOURS[k]) for k in COLOURS for box in getattr(scored, k)]
    # In px of the image as drawn, of which a detector may see the half.
    boxes = np.array([box for box, _ in drawn], float).reshape(-1, 4) * CELL / SIDE
    boxes[:, 2:] += boxes[:, :2]
    return draw_boxes(picture, boxes, [colour for _, colour in drawn], line_width=3)
