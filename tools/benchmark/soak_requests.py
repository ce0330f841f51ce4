"""What soak.py asks a predictor for."""

from pathlib import Path

import cv2
import numpy as np
import torch
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.sources import Video

NUM_FILES = 40
#: Each so many-th request is drawn, is no image, is a video.
DRAWN, BROKEN, VIDEO = 20, 25, 100


def make_predictor(config: str, device: str, folder: Path) -> Predictor:
    """A predictor with random weights of the config.

    Args:
        config (str): Path of the config.
        device (str): As torch names it.
        folder (Path): For the weights.

    Returns:
        Predictor: Loaded.
    """
    cfg = Config.fromfile(config)
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] == 'Resize':
            # The detector shall see sizes as mixed as those of the files.
            step.pop('scale', None)
            step['scale_factor'] = 1.0
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
        dataset = dict(cfg.test_dataloader.dataset, lazy_init=True)
        classes = DATASETS.build(dataset).metainfo['classes']
    meta = dict(dataset_meta=dict(classes=classes))
    path = folder / 'random.pth'
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return Predictor(cfg, path, device=device)


def make_files(
    folder: Path, sides: tuple[int, int], rng: np.random.Generator
) -> dict[str, list[Path]]:
    """Write the files that are asked for.

    Args:
        folder (Path): Is there.
        sides (tuple[int, int]): Shortest and longest side of the images in pixels.
        rng (np.random.Generator): Of sizes and pixels.

    Returns:
        dict[str, list[Path]]: ``images``, ``broken`` and ``videos``.
    """
    images = []
    for number in range(NUM_FILES):
        height, width = rng.integers(*sides, size=2, endpoint=True)
        images.append(folder / f'{number}.{"jpg" if number % 2 else "png"}')
        cv2.imwrite(str(images[-1]), random_image(rng, height, width))
    # One that is text, one whose pixels end in the middle.
    broken = [folder / 'text.png', folder / 'half.png']
    broken[0].write_text('no image')
    whole = images[0].read_bytes()
    broken[1].write_bytes(whole[: len(whole) // 2])
    video = folder / 'clip.mkv'
    writer = cv2.VideoWriter(
        str(video), cv2.VideoWriter_fourcc(*'mp4v'), 10.0, (64, 48)
    )
    for _ in range(3):
        writer.write(random_image(rng, 48, 64))
    writer.release()
    return dict(images=images, broken=broken, videos=[video])


def random_image(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise, ``(H, W, 3)``, uint8."""
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def ask(
    predictor: Predictor,
    files: dict[str, list[Path]],
    number: int,
    rng: np.random.Generator,
) -> None:
    """Make one request.

    Args:
        predictor (Predictor): Is asked.
        files (dict[str, list[Path]]): From :func:`make_files`.
        number (int): Of the request, from 1.
        rng (np.random.Generator): Chooses the file.

    Raises:
        RuntimeError: A broken file was predicted.
    """
    if number % BROKEN == 0:
        path = rng.choice(files['broken'])
        try:
            predictor(path)
        except ValueError:
            return
        raise RuntimeError(f'{path} was predicted, and is broken.')
    if number % VIDEO == VIDEO // 2:
        frames = Video(files['videos'][0], predictor.max_pixels)
        list(predictor.stream((('frame', frame) for frame in frames), batch_size=2))
        return
    path = rng.choice(files['images'])
    if number % 2:
        predictor(path)
        return
    image = predictor.load(path)
    sample = predictor(image)
    if number % DRAWN == 0:
        # Random weights find a hundred boxes, which take a second to draw.
        sample.pred_instances = sample.pred_instances[:3]
        predictor.draw(image, sample, score_thr=0.0)
