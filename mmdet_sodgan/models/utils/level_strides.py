"""Whether a head reads the levels that it believes to read."""

from collections.abc import Sequence

from mmengine.utils import to_ntuple


def check_level_strides(
    key: str,
    strides: Sequence[int | tuple[int, int]],
    out_stride: int,
    in_stride: int,
    num_levels: int | None = None,
) -> None:
    """Refuse a head that would read other levels than it believes.

    The levels are the reconstructed one and then the pyramid's, each of half
    the resolution of the one before (Lin et al., CVPR 2017, section 3).

    Args:
        key (str): Config key of ``strides``, for the message.
        strides (Sequence[int | tuple[int, int]]): What the head has, in
            pixels of the LR image; a pair is (w, h).
        out_stride (int): Of the reconstructed level, as the head reads it.
        in_stride (int): Of the pyramid's finest level.
        num_levels (int, optional): How many the head must have. None: it may
            leave out the coarsest.

    Raises:
        ValueError: The strides are others; the message names ``key``.
    """
    count = len(strides) if num_levels is None else num_levels
    expected = [out_stride, *(in_stride * 2**i for i in range(count - 1))]
    if [to_ntuple(2)(stride) for stride in strides] != [(x, x) for x in expected]:
        raise ValueError(
            f'{key} is {list(strides)} but must be {expected}: it reads the '
            f'reconstructed level at stride {out_stride} (in_stride / scale_factor, a '
            f"narrow one at in_stride), and the neck's levels begin at "
            f'generator.in_stride = {in_stride}.'
        )


def check_anchors(key: str, head: dict | None) -> None:
    """Refuse hosts without anchors of their own on every level.

    Args:
        key (str): Config key of the head.
        head (dict, optional): Config of the head that has the anchors.

    Raises:
        ValueError: It has no anchor generator.
    """
    if 'type' not in (head or {}).get('anchor_generator', {}):
        raise ValueError(
            f'model.{key}.anchor_generator has no type; SODGAN adds its level to '
            "the host's AnchorGenerator, so take a host that has one (guided and "
            'cascaded RPNs do not).'
        )
