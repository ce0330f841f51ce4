"""What the systems of a benchmark cost, side by side.

Parameters, GFLOPs and milliseconds of an inference in PyTorch and, on request, in
onnxruntime, milliseconds of a step of training, and peak memory, for every size of the
LR image and of the batch. The HR oracle gets images r times as wide and high.
"""

import argparse
import gc
import itertools
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from mmdet_sodgan.deploy.export_onnx import write_onnx

from .batches import OBJECTS
from .meters import RUNS, WARM_UP, compare, peak_memory, ratio
from .systems import (
    OBJECT_SIDES,
    Setting,
    add_systems,
    check_file,
    image_size,
    positive,
)
from .work import OnnxWork, Work, build, describe, gflops, input_factor

#: Systems that the others are divided by.
REFERENCES = ('lr', 'upscaled', 'oracle')
UNITS = dict(
    inference='ms per image', onnxruntime='ms per image', training='ms per step'
)
#: What is measured in the same rounds.
TOGETHER = (('inference', 'onnxruntime'), ('training',))
ONNX_THREADS = 2
NOTES = dict(
    input='width and height of the LR image; the oracle gets scale_factor times it',
    objects=f'{OBJECTS} boxes an image, sides of {OBJECT_SIDES} px of the LR image',
    parameters='without what only training runs (discriminator, teacher), which '
    'parameters_training counts too',
    gflops='per image; convolutions and matrix products, a multiply-add is 2',
    rois='that enter the box head, per image; they depend on the weights',
    peak_memory=f'one system in a fresh process, {RUNS} runs: max_memory_allocated of '
    'CUDA, on the CPU the largest resident set less that after the imports, with glibc '
    'as it comes also where memory_kept',
    ratio_to='median over the rounds of the ratio within a round, to others in the '
    'same runtime; ratio_to_pytorch to the same system',
    onnxruntime='on the CPU with onnx_threads, float32',
    training='SODGAN: all parts that its config has are on',
    warm_up=f'{WARM_UP} rounds that do not count',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add systems, sizes of images and batches, and what is measured."""
    add_systems(parser, ('lr', 'upscaled', 'oracle', 'sodgan'))
    add = parser.add_argument
    sizes = [(320, 320), (640, 640), (1333, 800)]
    text = 'sizes of the LR image (default: 320x320 640x640 1333x800)'
    points = dict(type=image_size, nargs='+', metavar='WxH', default=sizes)
    add('--inputs', **points, help=text)
    add('--batch', type=positive, nargs='+', default=[1, 8])
    text = 'taken in turn, where detail depends on them (default: random pixels)'
    add('--images', nargs='+', metavar='FILE', default=[], help=text)
    default = ('inference', 'training')
    add('--what', nargs='+', choices=tuple(UNITS), default=default)


def count(work: Work | OnnxWork) -> dict[str, float]:
    """GFLOPs and RoIs of an inference in PyTorch, per image; nothing of others."""
    if isinstance(work, OnnxWork) or work.training:
        return {}
    if not hasattr(work.model, 'roi_head'):
        return dict(gflops=gflops(work.run, work.prepare()) / work.units)
    rois = []
    # The last layer: what comes before may be computed in another form.
    hook = work.model.roi_head.bbox_head.fc_cls.register_forward_hook(
        lambda module, inputs, output: rois.append(len(inputs[0]))
    )
    operations = gflops(work.run, work.prepare())
    hook.remove()
    return dict(gflops=operations / work.units, rois=sum(rois) / work.units)


def measure_together(makers: dict[tuple, partial], rounds: int) -> dict[tuple, dict]:
    """Time works in the same rounds, and take the peak memory of each alone.

    Args:
        makers (dict): By what and name of the system that which makes the work.
        rounds (int): Of each.

    Returns:
        dict: Figures by what and name, or a sentence under ``out_of_memory``.
    """
    # What was measured before has left would be missed by the fresh processes.
    gc.collect()
    torch.cuda.empty_cache()
    results = {key: peak_memory(make) for key, make in makers.items()}
    fitting = {k: makers[k] for k in makers if 'out_of_memory' not in results[k]}
    times, found = compare(fitting, rounds, count)
    for key in found:
        what, name = key
        others = [x for x in REFERENCES if (what, x) in found]
        results[key] |= found[key]
        results[key]['ratio_to'] = {x: ratio(times, key, (what, x)) for x in others}
        if what == 'onnxruntime' and ('inference', name) in found:
            results[key]['ratio_to_pytorch'] = ratio(times, key, ('inference', name))
    return results


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure cell after cell.

    Raises:
        SystemExit: The systems cannot be compared, or not on this device.
    """
    if 'onnxruntime' in args.what and setting.device != 'cpu':
        raise SystemExit(
            f'--what onnxruntime runs on the CPU: leave out --device {setting.device}.'
        )
    for path in args.images:
        check_file(path, '--images')
    setting = setting._replace(images=tuple(args.images))
    systems, result = describe(args, setting)
    result |= dict(images=args.images, notes=NOTES, onnx_threads=ONNX_THREADS, cells=[])
    scale = result['scale_factor']
    plain = Setting('cpu', ONNX_THREADS, args.seed, images=setting.images)
    exported, refused = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name in systems if 'onnxruntime' in args.what else ():
            model, path = build(systems[name], plain)[0], Path(folder, f'{name}.onnx')
            exported[name] = path, input_factor(model, scale)
            # A comparison of outputs, as in `sodgan export`, random weights would not
            # pass: their scores are about equal.
            try:
                write_onnx(model, path, torch.full((1, 3, 64, 64), 127.0))
            except ValueError as error:
                refused['onnxruntime', name] = dict(not_exported=str(error))
        for whats, size, batch in itertools.product(TOGETHER, args.inputs, args.batch):
            asked, makers = [what for what in whats if what in args.what], {}
            for what, name in itertools.product(asked, systems):
                work = systems[name], what, size, batch, scale, setting
                makers[what, name] = partial(Work, *work)
                if what == 'onnxruntime':
                    work = *exported[name], size, batch, plain
                    makers[what, name] = partial(OnnxWork, *work)
            makers = {key: makers[key] for key in makers if key not in refused}
            found = refused | measure_together(makers, args.rounds)
            for what in asked:
                cell = dict(what=what, unit=UNITS[what], input=[*size], batch=batch)
                cell['results'] = {name: found[what, name] for name in systems}
                result['cells'].append(cell)
                yield result, table(cell), f'cost/{args.benchmark}_{args.device}'


def table(cell: dict) -> pd.DataFrame:
    """A line each system."""
    frame = pd.json_normalize([*cell['results'].values()]).drop(
        columns=['samples', 'n'], errors='ignore'
    )
    size = f'{cell["input"][0]}x{cell["input"][1]}, batch {cell["batch"]}'
    frame.index = pd.Index([*cell['results']], name=f'{cell["what"]}, {size}')
    return frame
