"""Published size, agreement of the ONNX file with PyTorch, and time of both.

Each checkpoint is published, exported, and run on the first images of an annotation
file, resized as its own test pipeline says and taken as the low-resolution input. The
two ways take turns on each image. The first system is the one that the others' sizes
are related to.

    python tools/benchmark/deployment.py --system lr CONFIG lr.pth \\
        --system sodgan CONFIG sodgan.pth --images data/deeppcb/PCBData \\
        --ann-file data/deeppcb/annotations/test.json \\
        --out docs/results/deployment/NAME.json
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from systems import positive, save

from mmdet_sodgan.deploy.export_onnx import (
    OUTPUTS,
    compare_onnx,
    detect,
    export_onnx,
    open_session,
    to_tensor,
)
from mmdet_sodgan.deploy.native_model import load_native, read_images
from mmdet_sodgan.deploy.publish import publish
from mmdet_sodgan.utils.provenance import provenance


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--system',
        nargs=3,
        action='append',
        required=True,
        metavar=('NAME', 'CONFIG', 'CHECKPOINT'),
    )
    parser.add_argument('--ann-file', type=Path, required=True)
    parser.add_argument('--images', type=Path, required=True, help='their folder')
    parser.add_argument('--num-images', type=positive, default=50)
    parser.add_argument('--threads', type=positive, default=1)
    parser.add_argument('--out', type=Path, required=True)
    return parser.parse_args(argv)


def measure(config: str, checkpoint: str, files: list[Path]) -> dict:
    """Figures of one system."""
    with tempfile.TemporaryDirectory() as folder:
        published = publish(config, checkpoint, folder)
        model = load_native(config, str(published.weights))
        images = read_images(files, model.cfg)
        path = Path(folder, 'model.onnx')
        export_onnx(model, path, images[:2])
        found = compare_onnx(model, path, ([image] for image in images))
        seconds = time_both(model, open_session(path), images)
        onnx_bytes = path.stat().st_size
    ratios = [b / a for a, b in zip(*seconds.values(), strict=True)]
    return dict(
        config=Path(config).name,
        epoch=torch.load(checkpoint, weights_only=True)['meta'].get('epoch'),
        checkpoint_bytes=published.size_before,
        published_bytes=published.size_after,
        onnx_bytes=onnx_bytes,
        removed=published.removed,
        agreement=found._asdict(),
        **{f'ms_{k}': 1e3 * statistics.median(v) for k, v in seconds.items()},
        onnx_over_pytorch=statistics.median(ratios),
    )


def time_both(
    model: torch.nn.Module, session, images: list[np.ndarray]
) -> dict[str, list[float]]:
    """Seconds of each image, one after the other, after one that does not count."""

    def run_onnx(image: np.ndarray) -> None:
        session.run(OUTPUTS, dict(images=to_tensor([image]).numpy()))

    ways = dict(pytorch=lambda image: detect(model, [image]), onnxruntime=run_onnx)
    for way in ways.values():
        way(images[0])
    seconds = {name: [] for name in ways}
    for image in images:
        for name, way in ways.items():
            seconds[name].append(_seconds(way, image))
    return seconds


def main(argv: Sequence[str] | None = None) -> None:
    """Measure all systems and save the figures."""
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    entries = json.loads(args.ann_file.read_text())['images'][: args.num_images]
    files = [args.images / entry['file_name'] for entry in entries]
    systems = {
        name: measure(config, checkpoint, files)
        for name, config, checkpoint in args.system
    }
    first = next(iter(systems.values()))['published_bytes']
    for figures in systems.values():
        figures['published_over_first'] = figures['published_bytes'] / first
    settings = dict(ann_file=args.ann_file.name, num_images=len(files))
    save(dict(provenance=provenance(), settings=settings, systems=systems), args.out)
    print(json.dumps(systems, indent=1))


def _seconds(way: Callable[[np.ndarray], None], image: np.ndarray) -> float:
    start = time.perf_counter()
    way(image)
    return time.perf_counter() - start


if __name__ == '__main__':
    main()
