"""The table of counts by object size, as HTML."""

from collections.abc import Sequence
from html import escape

from mmdet_sodgan.evaluation.metrics.size_buckets import parse_size_buckets
from mmdet_sodgan.structures.size_bucket import MAX_SIDE, SizeBucket

from .detections import Detections

#: AI-TOD's ranges, opened at both ends, so that each object is in one.
EVERY_SIZE = parse_size_buckets(
    {
        'very tiny': (0, 8),
        'tiny': (8, 16),
        'small': (16, 32),
        'medium': (32, 64),
        'large': (64, MAX_SIDE),
    }
)
# Okabe and Ito's, which people with colour vision deficiency tell apart.
COLORS = ((213, 94, 0), (240, 228, 66), (0, 158, 115), (86, 180, 233), (204, 121, 167))
OUTSIDE = (128, 128, 128)


def size_colors(
    detections: Detections, buckets: Sequence[SizeBucket]
) -> list[tuple[int, int, int]]:
    """Colour each box by its size, as the table does.

    Args:
        detections (Detections): ``n`` boxes.
        buckets (Sequence[SizeBucket]): Ranges of size, at most as many as
            :data:`COLORS`.

    Returns:
        list[tuple]: ``n`` colours, RGB: that of the first range which is not a
        union of others and holds the box, or :data:`OUTSIDE`.
    """
    inside = detections.in_buckets(buckets)
    inside[:, [bucket.aggregate for bucket in buckets]] = False
    return [COLORS[row.argmax()] if row.any() else OUTSIDE for row in inside]


def count_by_size(
    detections: Detections, buckets: Sequence[SizeBucket]
) -> tuple[list[int], int]:
    """Count boxes by size.

    Args:
        detections (Detections): The boxes.
        buckets (Sequence[SizeBucket]): Ranges of size.

    Returns:
        tuple[list[int], int]: Boxes in each range, and in none.
    """
    inside = detections.in_buckets(buckets)
    return inside.sum(0).tolist(), int((~inside.any(1)).sum())


def size_table(
    results: Sequence[tuple[str, Detections]], buckets: Sequence[SizeBucket]
) -> str:
    """Write the counts of several models side by side.

    Args:
        results (Sequence[tuple[str, Detections]]): Name of each model and what it
            found.
        buckets (Sequence[SizeBucket]): Ranges of size.

    Returns:
        str: HTML; names are escaped.
    """
    counts, outside = zip(
        *(count_by_size(found, buckets) for _, found in results), strict=True
    )
    rows = [
        _row(bucket.name.replace('_', ' '), bucket.label, in_bucket, color)
        for bucket, in_bucket, color in zip(
            buckets, zip(*counts, strict=True), COLORS, strict=False
        )
    ]
    if any(outside):
        rows.append(_row('other', 'outside these', outside, OUTSIDE))
    rows.append(_row('all', '', [len(found.boxes) for _, found in results]))
    heads = ''.join(f'<th>{escape(name)}</th>' for name, _ in results)
    return (
        '<table class="sizes"><thead><tr><th>Size</th><th>Side (px)</th>'
        f'{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _row(
    name: str,
    span: str,
    counts: Sequence[int],
    color: tuple[int, int, int] | None = None,
) -> str:
    mark = '' if color is None else f'<i style="background:rgb{color}"></i>'
    cells = ''.join(f'<td>{count}</td>' for count in counts)
    return (
        f'<tr data-size="{escape(name)}"><td>{mark}{escape(name)}</td>'
        f'<td>{span}</td>{cells}</tr>'
    )
