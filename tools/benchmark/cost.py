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
from pathlib import Path

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from .peak_memory import RUNS, peak_memory
from .systems import OBJECT_SIDES, RESULTS, Setting, common_scale, find_systems
from .timing import WARM_UP, interleave, ratio, summary
from .work import OBJECTS, OnnxWork, Work, build, export, parameters

SYSTEMS = ('lr', 'upscaled', 'oracle', 'sodgan')
#: Systems that the others are divided by.
REFERENCES = ('lr', 'upscaled', 'oracle')
UNITS = dict(
    inference='ms per image', onnxruntime='ms per image', training='ms per step'
)
#: What is measured in the same rounds.
TOGETHER = (('inference', 'onnxruntime'), ('training',))
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


def count(work: Work) -> dict[str, float]:
    """GFLOPs and RoIs of an inference, per image."""
    rois = []
    hook = work.model.roi_head.bbox_head.register_forward_hook(
        lambda module, inputs, output: rois.append(len(inputs[0]))
    )
    data = work.prepare()
    images = len(data['inputs'])
    with FlopCounterMode(display=False) as counter:
        work.run(data)
    hook.remove()
    return dict(
        gflops=counter.get_total_flops() / 1e9 / images, rois=sum(rois) / images
    )


def measure_together(recipes: dict, batch: int, rounds: int) -> dict[tuple, dict]:
    """Measure systems in the same rounds, and the peak memory of each alone.

    Args:
        recipes (dict): By what and name of the system the class of its work and that
            one's arguments, or the sentence that says why it cannot be exported.
        batch (int): Images.
        rounds (int): Of each.

    Returns:
        dict: Figures by what and name, or a sentence under ``out_of_memory`` or
        ``not_exported``.
    """
    # What was measured before has left would be missed by the fresh processes.
    gc.collect()
    torch.cuda.empty_cache()
    results, makers = {}, {}

    def make(key: tuple, kind: type, *arguments) -> object:
        work = kind(*arguments)
        if key[0] == 'inference':
            results[key] |= count(work)
        return work

    for key, recipe in recipes.items():
        if isinstance(recipe, str):
            results[key] = dict(not_exported=recipe)
            continue
        peak, failure = peak_memory(*recipe)
        results[key] = dict(peak_memory_mib=peak)
        if failure is None:
            makers[key] = lambda args=(key, *recipe): make(*args)
        else:
            results[key] = dict(out_of_memory=failure)
    times, failures = interleave(makers, rounds)
    results |= {key: dict(out_of_memory=text) for key, text in failures.items()}
    for key in times:
        what, name = key
        results[key] |= summary(times[key] / (1 if what == 'training' else batch))
        results[key]['ratio_to'] = {
            other: ratio(times, key, (what, other))
            for other in REFERENCES
            if (what, other) in times
        }
        if what == 'onnxruntime' and ('inference', name) in times:
            results[key]['ratio_to_pytorch'] = ratio(times, key, ('inference', name))
    return results


def export_all(systems: dict, folder: Path, scale: int, setting: Setting) -> dict:
    """Export systems: by name what :func:`export` gives, or why that is impossible."""
    exported = {}
    for name, system in systems.items():
        try:
            model = build(system, setting)[0]
            exported[name] = export(model, folder / f'{name}.onnx', scale)
        except ValueError as error:
            exported[name] = str(error)
    return exported


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure cell after cell; as measure.py says.

    Raises:
        SystemExit: The systems cannot be compared, or not on this device.
    """
    if 'onnxruntime' in args.what and setting.device != 'cpu':
        raise SystemExit(
            f'--what onnxruntime runs on the CPU: leave out --device {setting.device}.'
        )
    systems = find_systems(args)
    models = {name: build(system, setting)[0] for name, system in systems.items()}
    scale = common_scale(models)
    described = {n: systems[n].described() | parameters(models[n]) for n in systems}
    result = dict(notes=NOTES, rounds=args.rounds, onnx_threads=args.onnx_threads)
    result |= dict(scale_factor=scale, systems=described, cells=[])
    del models
    out = args.out or RESULTS / f'{args.benchmark}_{args.device}.json'
    # Precision and layout are PyTorch's.
    plain, exported = Setting('cpu', args.onnx_threads, args.seed), {}
    with tempfile.TemporaryDirectory() as folder:
        if 'onnxruntime' in args.what:
            exported = export_all(systems, Path(folder), scale, plain)

        def recipe(what: str, name: str, size: tuple, batch: int) -> tuple | str:
            if what != 'onnxruntime':
                return Work, systems[name], what, size, batch, scale, setting
            found = exported[name]
            own = OnnxWork, found, size, batch, plain
            return found if isinstance(found, str) else own

        for whats, size, batch in itertools.product(TOGETHER, args.inputs, args.batch):
            asked = [what for what in whats if what in args.what]
            keys = itertools.product(asked, systems)
            recipes = {key: recipe(*key, size, batch) for key in keys}
            found = measure_together(recipes, batch, args.rounds)
            for what in asked:
                cell = dict(what=what, unit=UNITS[what], input=[*size], batch=batch)
                cell['results'] = {name: found[what, name] for name in systems}
                result['cells'].append(cell)
                yield result, table(cell), out


def table(cell: dict) -> pd.DataFrame:
    """A line each system."""
    frame = pd.json_normalize([*cell['results'].values()]).drop(
        columns=['samples', 'n'], errors='ignore'
    )
    size = f'{cell["input"][0]}x{cell["input"][1]}, batch {cell["batch"]}'
    frame.index = pd.Index([*cell['results']], name=f'{cell["what"]}, {size}')
    return frame
