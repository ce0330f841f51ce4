"""Inference times for a benchmark's tables, from what cost.py measured."""

import json
from pathlib import Path

from . import settings


def of_config(row: str, rows: dict, times: dict[str, float]) -> float | None:
    """Time of a row, or of one with the same config.

    Rows of one config differ in training only: what they start from, which
    terms are on.

    Args:
        row (str): Which.
        rows (dict): Of the benchmark file.
        times (dict[str, float]): By row, where measured.
    """
    alike = [other for other in rows if rows[other]['config'] == rows[row]['config']]
    return next((times[name] for name in [row, *alike] if name in times), None)


def inference_cost(benchmark: str, loaded_px: int) -> dict | None:
    """What cost.py measured at the benchmark's own size and one image at a time.

    Args:
        benchmark (str): Name of the benchmark file.
        loaded_px (int): Longer side of the HR images, in px.

    Returns:
        dict | None: By row 'inference_ms' an image and 'inference_over_lr' (median
        of the ratios within a round), and what they depend on; the CPU's where
        there are several devices', None where nothing was measured.

    Raises:
        SystemExit: What was measured under a row's name is not the row.
    """
    for device in ('cpu', 'cuda'):
        path = settings.ROOT / f'docs/results/cost/{benchmark}_{device}.json'
        measured = json.loads(path.read_text()) if path.is_file() else {}
        for cell in measured.get('cells', ()):
            lr_px = loaded_px // measured['scale_factor']
            own_size = cell['batch'] == 1 and max(cell['input']) == lr_px
            if cell['what'] == 'inference' and own_size:
                check_systems(measured['systems'], benchmark, path)
                names = ('hardware', 'bf16', 'commit')
                timed = {k: r for k, r in cell['results'].items() if 'median' in r}
                return dict(
                    inference_ms={k: r['median'] for k, r in timed.items()},
                    inference_over_lr={
                        k: r['ratio_to']['lr']
                        for k, r in timed.items()
                        if 'lr' in r['ratio_to']
                    },
                    input=cell['input'],
                    **{name: measured[name] for name in names},
                )
    return None


def check_systems(systems: dict[str, dict], benchmark: str, path: Path) -> None:
    """See that what was measured under a row's name has the row's config.

    That is its path and the options: its content may have changed since.

    Args:
        systems (dict[str, dict]): 'config' and 'cfg_options' by name, of cost.py.
        benchmark (str): Name of the benchmark file.
        path (Path): Where they are from.

    Raises:
        SystemExit: A row has another config or other options now; names both.
    """
    rows = settings.load_benchmark(benchmark).rows
    for name in systems.keys() & rows.keys():
        timed = systems[name]['config'], systems[name]['cfg_options']
        # As a JSON gives it back.
        options = json.loads(json.dumps(rows[name].get('cfg_options', {})))
        row = f'configs/{rows[name].config}', options
        if timed != row:
            raise SystemExit(
                f"{path} was measured with {timed} as '{name}', which is {row} in the "
                'benchmark file now: measure it again with cost.py.'
            )
