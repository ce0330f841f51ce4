"""Ranges of object size, as presets of published benchmarks or by edges."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ...structures.size_bucket import MAX_SIDE, SizeBucket


def _by_side(name: str, low: float, high: float, **kwargs) -> SizeBucket:
    return SizeBucket(name, float(low) ** 2, float(high) ** 2, **kwargs)


PRESETS: dict[str, tuple[SizeBucket, ...]] = {
    # Lin et al., Microsoft COCO (ECCV 2014), with the evaluator's inclusive ends.
    'coco': (
        _by_side('small', 0, 32, closed='both'),
        _by_side('medium', 32, 96, closed='both'),
        _by_side('large', 96, MAX_SIDE, closed='both'),
    ),
    # Wang et al., Tiny Object Detection in Aerial Images (ICPR 2020).
    'aitod': (
        _by_side('very_tiny', 2, 8),
        _by_side('tiny', 8, 16),
        _by_side('small', 16, 32),
        _by_side('medium', 32, 64),
    ),
    # Cheng et al., Towards Large-Scale Small Object Detection (TPAMI 2023), which
    # gives areas.
    'sodad': (
        SizeBucket('extremely_small', 0, 144, closed='right'),
        SizeBucket('relatively_small', 144, 400, closed='right'),
        SizeBucket('generally_small', 400, 1024, closed='right'),
        SizeBucket('normal', 1024, 2000, closed='right'),
    ),
    # Yu et al., Scale Match for Tiny Person Detection (WACV 2020). The paper starts
    # at a side of 2 px, the code released with it at 1 px.
    'tinyperson': (
        _by_side('tiny', 2, 20, aggregate=True),
        _by_side('tiny1', 2, 8),
        _by_side('tiny2', 8, 12),
        _by_side('tiny3', 12, 20),
        _by_side('small', 20, 32),
    ),
}


def parse_size_buckets(
    size_buckets: str | Sequence[float] | Mapping[str, Sequence[float]],
) -> tuple[SizeBucket, ...]:
    """Make size buckets from a preset's name, from edges or from named ranges.

    Args:
        size_buckets (str | Sequence[float] | Mapping[str, Sequence[float]]): One of

            - the name of a preset: ``'coco'``, ``'aitod'``, ``'sodad'`` or
              ``'tinyperson'``,
            - N + 1 increasing edges of N adjoining half-open buckets
              ``[low, high)``, named ``'<low>_<high>'``,
            - a dict of bucket name to ``(low, high)``, half-open as well, in
              increasing order; gaps are allowed.

            Edges are sides (square roots of areas) in px of the original image.

    Returns:
        tuple[SizeBucket, ...]: The buckets in increasing order of size.

    Raises:
        ValueError: If the preset is unknown, if there are fewer than two edges, or
            if edges are not finite non-negative numbers, not increasing or
            overlapping.
    """
    if isinstance(size_buckets, str):
        if size_buckets not in PRESETS:
            raise ValueError(
                f"size_buckets: unknown preset '{size_buckets}'; use one of "
                f'{", ".join(PRESETS)}, a list of edges or a dict of name to '
                '(low, high), in pixels of side.'
            )
        return PRESETS[size_buckets]
    if isinstance(size_buckets, Mapping):
        ranges = dict(size_buckets)
        if not ranges:
            raise ValueError(
                'size_buckets: the dict is empty; give at least one name with '
                '(low, high) in pixels of side.'
            )
        for name, edges in ranges.items():
            _check_edges(f"size_buckets['{name}']", edges)
            if len(edges) != 2:
                raise ValueError(
                    f"size_buckets['{name}']: expected (low, high), got "
                    f'{len(edges)} numbers.'
                )
        for (name, (_, high)), (next_name, (low, _)) in pairwise(ranges.items()):
            if low < high:
                raise ValueError(
                    f"size_buckets: '{next_name}' starts at {low} px, below the end "
                    f"of '{name}' at {high} px; give buckets that do not overlap, in "
                    'increasing order.'
                )
        return tuple(_by_side(name, *edges) for name, edges in ranges.items())
    _check_edges('size_buckets', size_buckets)
    return tuple(
        _by_side(f'{low:.15g}_{high:.15g}', low, high)
        for low, high in pairwise(size_buckets)
    )


def _check_edges(key: str, edges: Sequence[float]) -> None:
    """Raise ValueError unless edges are two or more increasing sides in px."""
    is_list = isinstance(edges, (list, tuple))
    if not is_list or not all(
        isinstance(edge, (int, float)) and not isinstance(edge, bool) for edge in edges
    ):
        raise ValueError(
            f'{key}: expected numbers (sides in pixels) in a list, got {edges!r}.'
        )
    if len(edges) < 2:
        raise ValueError(f'{key}: expected at least two edges, got {list(edges)}.')
    if not all(math.isfinite(edge) and edge >= 0 for edge in edges):
        raise ValueError(
            f'{key}: edges must be finite and not negative, got {list(edges)}; for '
            f'an open end use {MAX_SIDE:.0f}.'
        )
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f'{key}: edges must increase strictly, got {list(edges)}.')
