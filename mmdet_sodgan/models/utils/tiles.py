"""Compute a map anew only where it is asked for.

Shapes, with cells of a grid of ``(H, W)`` and maps of a whole number of pixels ``k`` a
cell:

    where    bool ``(N, H, W)``
    inputs   ``(N, C, k*H, k*W)``    each with its own k
    out      ``(N, C, k*H, k*W)``

The grid is cut into squares of ``side`` cells. A square with an asked cell is computed
from a window that reaches ``halo`` cells further, within the image: at its borders a
window is padded as the image is.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

#: Sides of the squares, and by how much the window around one is wider on each side, in
#: cells of z_LR. The RPN's convolution sees no further; the generator's layers do, so
#: its detail at the border of a window is an approximation, which cost no AP
#: (experiments.md, section 20).
SIDE, HALO = 4, 1


def fill_in_tiles(
    out: Tensor,
    function: Callable[..., Tensor],
    inputs: Sequence[Tensor | None],
    where: Tensor,
    side: int = SIDE,
    halo: int = HALO,
    reach: int = 0,
) -> None:
    """Put ``function(*inputs)`` into ``out`` in the squares that hold an asked cell.

    An image whose windows would cover more than itself is computed whole, and that is
    decided image by image, so that nothing but an image changes its result. With a halo
    of the function's receptive field a square is as if all were computed.

    Args:
        out (Tensor): Changed in place; shapes at the head of this module. It may be
            one of the inputs.
        function (Callable): Of maps of one image or window and more of them; of
            convolutions and the like, which keep to the grid.
        inputs (Sequence[Tensor | None]): Its arguments; None is handed on.
        where (Tensor): The cells asked for.
        side (int): Of a square, in cells.
        halo (int): In cells.
        reach (int): Cells below and right of a square that are filled too; the halo
            must hold them and what the function sees beyond them.
    """
    height, width = where.shape[1:]
    squares = F.max_pool2d(where.float()[:, None], side, ceil_mode=True)[:, 0] > 0
    rows, columns = min(side + 2 * halo, height), min(side + 2 * halo, width)
    whole = squares.sum((1, 2)) * (rows * columns) >= height * width
    if whole.any():
        out[whole] = function(*(x if x is None else x[whole] for x in inputs))
    corners = (squares & ~whole[:, None, None]).nonzero().tolist()
    if not corners:
        return
    tiles = []
    for image, i, j in corners:
        top = min(max(i * side - halo, 0), height - rows)
        left = min(max(j * side - halo, 0), width - columns)
        tiles.append((image, i * side, j * side, top, left))
    windows = []
    for x in inputs:
        if x is not None:
            k = x.shape[-1] // width
            x = torch.stack(
                [
                    x[n, :, k * top : k * (top + rows), k * left : k * (left + columns)]
                    for n, _, _, top, left in tiles
                ]
            )
        windows.append(x)
    k = out.shape[-1] // width
    filled = k * (side + reach)
    for (n, y, x, top, left), window in zip(tiles, function(*windows), strict=True):
        inner = window[:, k * (y - top) :, k * (x - left) :][:, :filled, :filled]
        h, w = inner.shape[1:]
        out[n, :, k * y : k * y + h, k * x : k * x + w] = inner
