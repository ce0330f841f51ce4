"""Measure what the systems of a benchmark cost, side by side in one run.

Parameters, GFLOPs and milliseconds of an inference, milliseconds of a step of
training, and peak memory, for every size of the LR image and of the batch. The
HR oracle gets images r times as wide and high. The systems take turns, so that
ratios hold also on a machine that others use.

    python tools/benchmark/cost.py deeppcb-160_r18 --inputs 320x320 --threads 2
"""

import argparse
import gc
from collections.abc import Sequence

import numpy as np
import torch
from process_memory import RUNS, peak_memory
from systems import (
    OBJECT_SIDES,
    RESULTS,
    Setting,
    System,
    add_device_arguments,
    add_switch_arguments,
    add_system_arguments,
    common_scale,
    find_systems,
    get_setting,
    header,
    image_side,
    positive,
    save,
)
from torch.utils.flop_counter import FlopCounterMode
from workload import (
    OBJECTS,
    WARM_UP,
    Work,
    attempt,
    build,
    interleave,
    summary,
    training_only,
)

SYSTEMS = ('lr', 'upscaled', 'oracle', 'sodgan')
#: Systems that the others are divided by.
REFERENCES = ('lr', 'upscaled', 'oracle')
UNITS = {'inference': 'ms per image', 'training': 'ms per step'}
NOTES = dict(
    input='width and height of the LR image; the oracle gets scale_factor times it',
    objects=f'{OBJECTS} boxes an image, sides of {OBJECT_SIDES} px of the LR image',
    parameters='without what only training runs (discriminator, HR branch), which '
    'parameters_training counts too',
    gflops='per image; convolutions and matrix products, a multiply-add is 2',
    rois='that enter the box head, per image; they depend on the weights',
    peak_memory=f'one system in a fresh process, {RUNS} runs: max_memory_allocated of '
    'CUDA, on the CPU the largest resident set less that after the imports, with glibc '
    'as it comes also where memory_kept',
    ratio_to='median over the rounds of the ratio within a round',
    training='SODGAN: all parts that its config has are on',
    warm_up=f'{WARM_UP} rounds that do not count',
)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_system_arguments(parser, SYSTEMS)
    parser.add_argument(
        '--inputs',
        type=image_size,
        nargs='+',
        metavar='WxH',
        default=[(320, 320), (640, 640), (1333, 800)],
        help='sizes of the LR image (default: 320x320 640x640 1333x800)',
    )
    parser.add_argument('--batch', type=positive, nargs='+', default=[1, 8])
    parser.add_argument('--what', nargs='+', choices=list(UNITS), default=list(UNITS))
    add_device_arguments(parser)
    add_switch_arguments(parser)
    return parser.parse_args(argv)


def image_size(text: str) -> tuple[int, int]:
    """Read ``WxH``."""
    width, sign, height = text.partition('x')
    if not sign:
        raise argparse.ArgumentTypeError(f'{text} is no size; write it as 640x480')
    return image_side(width), image_side(height)


def describe(system: System, model: torch.nn.Module) -> dict:
    """Config, weights and numbers of parameters of a system."""
    sizes = {key: value.numel() for key, value in model.named_parameters()}
    unused = training_only(model)
    published = [n for key, n in sizes.items() if key.split('.')[0] not in unused]
    return dict(
        **system.described(),
        parameters=sum(published),
        parameters_training=sum(sizes.values()),
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


def measure_cell(
    systems: dict[str, System],
    what: str,
    size: tuple[int, int],
    batch: int,
    scale: int,
    setting: Setting,
    rounds: int,
) -> dict:
    """All systems at one size of image and batch.

    Returns:
        dict: ``what``, ``unit``, ``input``, ``batch`` and ``results``: by name
        of the system its figures, or ``out_of_memory``, a sentence.
    """
    # What the cell before has left would be missed by the fresh processes.
    gc.collect()
    torch.cuda.empty_cache()
    results, works = {}, {}
    for name, system in systems.items():
        arguments = (system, what, size, batch, scale, setting)
        peak, failure = peak_memory(*arguments)
        results[name] = dict(peak_memory_mib=peak)
        if failure is None:
            works[name], failure = attempt(Work, *arguments)
        if failure is None and what == 'inference':
            figures, failure = attempt(count, works[name])
            results[name].update(figures or {})
        if failure is not None:
            works.pop(name, None)
            results[name] = dict(out_of_memory=failure)
    times, failures = interleave(works, rounds)
    images = batch if what == 'inference' else 1
    for name, values in times.items():
        results[name].update(summary([value / images for value in values]))
        results[name]['ratio_to'] = {
            other: float(np.median(np.divide(values, times[other])))
            for other in REFERENCES
            if other in times
        }
    for name, failure in failures.items():
        results[name] = dict(out_of_memory=failure)
    return dict(
        what=what, unit=UNITS[what], input=[*size], batch=batch, results=results
    )


def print_cell(cell: dict) -> None:
    """One line a system."""
    width, height = cell['input']
    print(f'{cell["what"]}, {width}x{height}, batch {cell["batch"]}', flush=True)
    for name, result in cell['results'].items():
        if 'out_of_memory' in result:
            print(f'  {name}: out of memory: {result["out_of_memory"]}', flush=True)
            continue
        ratios = ', '.join(f'{v:.2f} x {k}' for k, v in result['ratio_to'].items())
        print(
            f'  {name}: {result["median"]:.1f} {cell["unit"]}, '
            f'{result["peak_memory_mib"]:.0f} MiB; {ratios}',
            flush=True,
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Measure cell after cell; the file is complete after each."""
    args = parse_args(argv)
    setting, systems = get_setting(args, keep_memory=True), find_systems(args)
    out = args.out or RESULTS / f'{args.benchmark}_{args.device}.json'
    models = {name: build(system, setting)[0] for name, system in systems.items()}
    scale = common_scale(models)
    result = dict(
        **header('cost.py', argv, setting),
        notes=NOTES,
        rounds=args.rounds,
        scale_factor=scale,
        systems={name: describe(systems[name], models[name]) for name in systems},
        cells=[],
    )
    del models
    for what in args.what:
        for size in args.inputs:
            for batch in args.batch:
                cell = measure_cell(
                    systems, what, size, batch, scale, setting, args.rounds
                )
                result['cells'].append(cell)
                save(result, out)
                print_cell(cell)
    print(out)


if __name__ == '__main__':
    main()
