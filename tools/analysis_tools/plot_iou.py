"""Draw what the discriminator changes: AP over the IoU that a box must have.

``python tools/analysis_tools/plot_iou.py`` reads
``docs/results/experiments/discriminator_box_head.json`` and writes
``docs/images/discriminator_iou.png``.
"""

import json

import numpy as np
from matplotlib.figure import Figure
from scipy import stats
from tables import RESULTS, ROOT

#: IoU of COCO's AP.
THRESHOLDS = np.linspace(0.5, 0.95, 10)
PICTURE = ROOT / 'docs/images/discriminator_iou.png'


def paired(content: dict) -> tuple[np.ndarray, np.ndarray]:
    """Differences in AP at each IoU, of all pairs.

    Args:
        content (dict): Of the JSON.

    Returns:
        tuple[ndarray, ndarray]: Mean, and half of the interval of 95 % (Student's t),
        in points, of each of the thresholds.

    Raises:
        ValueError: The two sides are of other seeds.
    """
    with_d, without = (content['ap_by_iou'][row] for row in ('sodgan', 'without-d'))
    if with_d.keys() != without.keys():
        raise ValueError(f'{[*with_d]} and {[*without]} are of other seeds.')
    found = np.array([np.subtract(with_d[seed], without[seed]) for seed in with_d])
    error = found.std(0, ddof=1) / len(found) ** 0.5
    return found.mean(0), stats.t.ppf(0.975, len(found) - 1) * error


def main() -> None:
    """Draw the picture."""
    path = RESULTS / 'experiments/discriminator_box_head.json'
    mean, half = paired(json.loads(path.read_text()))
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
