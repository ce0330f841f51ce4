"""Time two trained detectors in turn and draw what they see."""

import statistics
import time
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmdet.apis import init_detector
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.visualization import (
    ComparedImage,
    feature_map_image,
    save_comparison,
)

TIMED_IMAGES = 20
DRAWN_IMAGES = 3


def compare(
    configs: dict[str, Path],
    checkpoints: dict[str, Path],
    data_root: Path,
    figure: Path,
) -> dict[str, dict[str, float]]:
    """Measure size and speed; write the figure.

    Args:
        configs (dict[str, Path]): Name of the model -> config. The last one is
            SODGAN, whose feature maps are drawn.
        checkpoints (dict[str, Path]): Name -> weights.
        data_root (Path): The synthetic set.
        figure (Path): PNG to write.

    Returns:
        dict[str, dict[str, float]]: Name -> ``params``, without the parts that
        only training needs, and ``ms_per_image``.
    """
    enable_safe_loading()
    models = {
        name: init_detector(str(config), str(checkpoints[name]), device='cpu')
        for name, config in configs.items()
    }
    dataset = _dataset(next(reversed(configs.values())), data_root)
    times = _time(models, dataset)
    drawn = range(min(DRAWN_IMAGES, len(dataset)))
    save_comparison([_row(models, dataset, i) for i in drawn], figure)
    return {
        name: dict(params=_published_size(model), ms_per_image=times[name])
        for name, model in models.items()
    }


def _published_size(model) -> int:
    unused = getattr(model, 'training_only', ())
    return sum(
        p.numel()
        for key, p in model.named_parameters()
        if key.split('.')[0] not in unused
    )


def _dataset(config: Path, data_root: Path):
    cfg = Config.fromfile(config).test_dataloader.dataset
    cfg.data_root = str(data_root)
    return DATASETS.build(cfg)


def _time(models: dict, dataset) -> dict[str, float]:
    """Take the median milliseconds of one image, the models taking turns."""
    times = {name: [] for name in models}
    for i in range(min(TIMED_IMAGES, len(dataset)) + 1):
        for name, model in models.items():
            batch = pseudo_collate([dataset[i % len(dataset)]])
            start = time.perf_counter()
            with torch.no_grad():
                model.test_step(batch)
            times[name].append(1e3 * (time.perf_counter() - start))
    # The first image warms up.
    return {name: statistics.median(values[1:]) for name, values in times.items()}


@torch.no_grad()
def _row(models: dict, dataset, index: int, score_thr: float = 0.3) -> ComparedImage:
    info = dataset.get_data_info(index)
    row = ComparedImage(
        image=mmcv.imread(info['img_path'], channel_order='rgb'),
        truth=(
            np.array([x['bbox'] for x in info['instances']]).reshape(-1, 4),
            np.array([x['bbox_label'] for x in info['instances']], int),
        ),
    )
    for name, model in models.items():
        sample = model.test_step(pseudo_collate([dataset[index]]))[0]
        found = sample.pred_instances
        found = found[found.scores >= score_thr].cpu().numpy()
        row.detections[name] = (found.bboxes, found.labels)
    sodgan = model
    pair = sodgan.data_preprocessor(pseudo_collate([dataset[index]]), True)
    z_sr, z_lr = sodgan.extract_feat(pair['inputs'])[:2]
    z_hr = sodgan.teacher(pair['hr_inputs'])[0]
    for title, feat in (
        ('z_LR', z_lr),
        ('G(z_LR)', z_sr),
        ('z_HR', z_hr),
    ):
        row.maps[title] = feature_map_image(feat[0], reference=z_hr[0])
    return row
