import torch
from torch import Tensor, nn


class FourDirectionIRNN(nn.Module):
    """ReLU networks that run over a map in four directions.

    Bell et al., CVPR 2016, equation 1: ``h[j] = max(W h[j - 1] + x[j], 0)`` along
    each row and column, with a ``W`` of its own for each direction, which starts as
    the identity.

    Args:
        channels (int): Width of the map, and of each network.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(channels).repeat(4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Run from left, top, right and bottom.

        Args:
            x (Tensor): What goes into every step, ``(N, C, H, W)``.

        Returns:
            Tensor: The states, ``(N, 4 * C, H, W)``.
        """
        states = []
        for turns, weight in enumerate(self.weight):
            # The map is turned, so that all run from left to right.
            run = []
            for column in x.rot90(turns, (2, 3)).unbind(-1):
                if run:
                    column = column + weight @ run[-1]
                run.append(column.relu())
            states.append(torch.stack(run, -1).rot90(-turns, (2, 3)))
        return torch.cat(states, 1)
