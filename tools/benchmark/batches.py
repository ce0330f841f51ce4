"""Batches for what is measured: random pixels, or images that are given."""

import itertools
from collections.abc import Iterator, Sequence

import cv2
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from torch import Tensor

from .systems import OBJECT_SIDES

#: In each image.
OBJECTS = 8


def take_turns(
    paths: Sequence[str], size: tuple[int, int], batch: int, factor: int
) -> Iterator[list[Tensor]]:
    """Batches of uint8 images ``(3, h, w)``, ``factor`` times as wide and high as size.

    Raises:
        SystemExit: A file is no image, or is of another shape.
    """
    turns = itertools.cycle(paths)
    while names := list(itertools.islice(turns, batch)):
        images = [cv2.imread(name) for name in names]
        if any(image is None for image in images):
            raise SystemExit(f'--images {" ".join(names)}: a file is no image.')
        side = tuple(factor * x for x in size)
        for name, image in zip(names, images, strict=True):
            if image.shape[1] * side[1] != image.shape[0] * side[0]:
                raise SystemExit(
                    f'--images {name} is {image.shape[1]}x{image.shape[0]}, of another '
                    f'shape than --inputs {size[0]}x{size[1]}.'
                )
        images = [cv2.resize(x, side, interpolation=cv2.INTER_AREA) for x in images]
        yield [torch.from_numpy(image).permute(2, 0, 1) for image in images]


def random_boxes(count: int, size: tuple[int, int], generator) -> Tensor:
    """Boxes ``(count, 4)``, x1, y1, x2, y2, with sides of ``OBJECT_SIDES``."""
    low, high = OBJECT_SIDES
    sides = low + (high - low) * torch.rand(count, 2, generator=generator)
    corners = torch.rand(count, 2, generator=generator) * (torch.tensor(size) - sides)
    return torch.cat([corners, corners + sides], 1)


def random_batch(
    size: tuple[int, int], batch: int, classes: int, seed: int, factor: int
) -> dict:
    """A batch as a dataloader gives it; pixels and boxes follow from the seed.

    ``inputs`` are uint8 images ``(3, h, w)``, ``factor`` times as wide and high as
    ``size``, at least 16 x 16; ``data_samples`` have ``OBJECTS`` boxes each.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (factor * size[1], factor * size[0])
    pixels = dict(dtype=torch.uint8, generator=generator)
    inputs, samples = [], []
    for index in range(batch):
        inputs.append(torch.randint(256, (3, *shape), **pixels))
        meta = dict(img_id=index, ori_shape=shape, img_shape=shape)
        sample = DetDataSample(metainfo=dict(meta, scale_factor=(1.0, 1.0)))
        sample.gt_instances = InstanceData(
            bboxes=factor * random_boxes(OBJECTS, size, generator),
            labels=torch.randint(classes, (OBJECTS,), generator=generator),
        )
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)
