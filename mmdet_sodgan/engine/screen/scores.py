import re
from collections.abc import Mapping

#: Ends of the names of metrics -> what the line calls them.
_SCORES = {'bbox_mAP': 'AP', 'bbox_mAP_50': 'AP50', 'segm_mAP': 'mask AP'}
#: COCO's sizes, for a metric without sizes of its own.
_COCO_SIZES = {'bbox_mAP_s': 'small', 'bbox_mAP_m': 'medium', 'bbox_mAP_l': 'large'}
_OWN_SIZE = re.compile(r'bbox_size_(.+)_AP')


def format_scores(metrics: Mapping[str, float] | None) -> str:
    """Tell what a validation gave in one line.

    Args:
        metrics (Mapping[str, float] | None): Value by name, as an evaluator returns
            them; None where there are none.

    Returns:
        str: AP and AP by size in per cent, or other metrics as they are.
    """
    # Without the metric's prefix, e.g. coco/.
    values = {
        name.rpartition('/')[2]: value
        for name, value in (metrics or {}).items()
        if isinstance(value, int | float)
    }
    scores = _named(values, _SCORES)
    sizes = _own_sizes(values) or _named(values, _COCO_SIZES)
    # MMDetection leaves its scores out where nothing was detected.
    parts = [', '.join(scores)] if scores else []
    if sizes:
        parts.append(f'AP by size: {", ".join(sizes)}')
    if not parts:
        parts = [f'{name} {value:.4g}' for name, value in list(values.items())[:6]]
    return '; '.join(parts) or 'no scores.'


def _named(values: Mapping[str, float], names: Mapping[str, str]) -> list[str]:
    # COCO writes -1 where there is no object.
    return [
        f'{word} {100 * values[name]:.1f}'
        for name, word in names.items()
        if values.get(name, -1) >= 0
    ]


def _own_sizes(values: Mapping[str, float]) -> list[str]:
    names = {
        name: match[1]
        for name in values
        if (match := _OWN_SIZE.fullmatch(name))
        # Not those of a class, which come after this with another ending.
        and f'bbox_size_{match[1]}_num_gt' in values
    }
    words = {name: word.replace('_', '-') for name, word in names.items()}
    return _named(values, words)
