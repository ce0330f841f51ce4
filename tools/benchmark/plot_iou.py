"""Draw what the discriminator changes: AP over the IoU that a box must have.

``python -m tools.benchmark.plot_iou`` reads
``docs/results/experiments/discriminator_box_head.json`` and writes
``docs/images/discriminator_iou.png``.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .report_tables import paired
from .results import read
from .settings import ROOT

#: IoU of COCO's AP.
THRESHOLDS = np.linspace(0.5, 0.95, 10)
JSON = 'discriminator_box_head.json'
PICTURE = ROOT / 'docs/images/discriminator_iou.png'


def differences(content: dict) -> list[dict]:
    """Differences in AP at each IoU, as of :func:`paired`, in points.

    Args:
        content (dict): Of the JSON.

    Raises:
        ValueError: The two sides are of other seeds.
    """
    with_d, without = (content['ap_by_iou'][row] for row in ('sodgan', 'without-d'))
    if with_d.keys() != without.keys():
        raise ValueError(f'{[*with_d]} and {[*without]} are of other seeds.')
    found = pd.DataFrame(with_d) - pd.DataFrame(without)
    return [paired(found.loc[i]) for i in range(len(THRESHOLDS))]


def main() -> None:
    """Draw the picture."""
    found = differences(read(ROOT / 'docs/results/experiments' / JSON))
    mean = [each['mean'] for each in found]
    half = [each['interval'][1] - each['mean'] for each in found]
    figure = Figure((6, 3.4), layout='constrained')
    axes = figure.subplots()
    axes.axhline(0, color='0.6', linewidth=1)
    axes.errorbar(THRESHOLDS, mean, half, color='crimson', marker='o', capsize=3)
    axes.set(
        xlabel='IoU that a box must have with its object',
        ylabel='AP with minus without D',
        xticks=THRESHOLDS,
    )
    figure.savefig(PICTURE, dpi=130)
    print(f'wrote {PICTURE.relative_to(ROOT)}')


if __name__ == '__main__':
    main()
