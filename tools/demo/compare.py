"""Time the demo's detectors in turn and draw what they find and miss."""

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from PIL import Image
from scene import SIDE

from mmdet_sodgan.apps.report import (
    Summary,
    read_work_dir,
    summarise,
    time_in_turns,
)
from mmdet_sodgan.apps.report.images import COLOURS
from mmdet_sodgan.apps.report.side_by_side import TIME

DRAWN_IMAGES = 3
#: Inches of a picture, of 100 px each.
CELL = 4.2


def compare(project: Path, names: Mapping[str, str]) -> dict[str, dict]:
    """Measure size and speed; write ``demo.png``.

    Args:
        project (Path): Folder of the configs, all of them trained.
        names (Mapping[str, str]): Config, without suffix, to what it is called in the
            picture, the teacher first.

    Returns:
        dict[str, dict]: Of each config the name of its ``checkpoint``, ``metrics`` and
        ``buckets`` of its validation, ``params``, without the parts that only training
        needs, ``ms_per_image`` and ``input_px``.
    """
    # Each is tested, which has a screen of its own.
    with redirect_stdout(None):
        summaries = {
            name: summarise(read_work_dir(project / 'work_dirs' / name), num_images=0)
            for name in names
        }
    torch.set_num_threads(1)
    time_in_turns(list(summaries.values()))
    # The students side by side, and the teacher after them.
    order = [*list(names)[1:], next(iter(names))]
    _draw([summaries[n] for n in order], [names[n] for n in order], project)
    return {
        name: dict(
            checkpoint=each.run.checkpoint.name,
            metrics=each.run.validations[-1],
            buckets=each.run.by_size['buckets'],
            params=each.cost.parameters,
            ms_per_image=1e3 * each.times[TIME],
            input_px=each.cost.network_input[0],
        )
        for name, each in summaries.items()
    }


def _draw(summaries: Sequence[Summary], titles: Sequence[str], project: Path) -> None:
    """Lay out a column for each detector: what it gets, and what it finds in it."""
    numbers = list(summaries[0].truth.images)[:DRAWN_IMAGES]
    size = CELL * len(summaries), 0.7 + CELL * len(numbers)
    figure = Figure(size, dpi=100, layout='constrained')
    axes = figure.subplots(len(numbers), len(summaries), squeeze=False)
    for column, (summary, title) in enumerate(zip(summaries, titles, strict=True)):
        scored = {each.image_id: each for each in summary.scored}
        for row, number in enumerate(numbers):
            axis, each = axes[row, column], scored[number]
            image = _input(summary.run.config, row)
            # In px of the image as drawn, of which a detector may see the half.
            axis.imshow(image, extent=(0, SIDE, SIDE, 0), interpolation='nearest')
            for kind, colour in COLOURS.items():
                edge = np.array(colour) / 255
                for x, y, w, h in getattr(each, kind):
                    axis.add_patch(Rectangle((x, y), w, h, fill=False, ec=edge, lw=2))
            total = len(each.found) + len(each.missed)
            head = f'{title}, {image.shape[1]} px\n' if row == 0 else ''
            found = f'found {len(each.found)} of {total}, {len(each.false)} false'
            axis.set_title(head + found)
            axis.set_axis_off()
    texts = dict(
        found='found', missed='missed', false='false: no such object, or another class'
    )
    handles = [
        Patch(fill=False, ec=np.array(COLOURS[kind]) / 255, lw=2, label=label)
        for kind, label in texts.items()
    ]
    figure.legend(handles=handles, ncols=3, loc='outside upper left', frameon=False)
    path = project / 'demo.png'
    figure.savefig(path)
    # 256 colours are enough, and a third of the file.
    reduced = Image.open(path).convert('RGB').quantize(256, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


def _input(config: Config, index: int) -> np.ndarray:
    """Make the picture that a detector's backbone gets, (H, W, 3), RGB, uint8."""
    sample = DATASETS.build(config.test_dataloader.dataset)[index]
    preprocessor = MODELS.build(config.model.data_preprocessor)
    (image,) = preprocessor(pseudo_collate([sample]), False)['inputs']
    image = image * preprocessor.std + preprocessor.mean
    return image.clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
