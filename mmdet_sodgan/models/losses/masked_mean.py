from mmdet.utils import reduce_mean
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the positions of a mask, counted over all processes.

    With the gradients averaged over the processes, as DDP does, it is the mean
    over the joined batch.

    Args:
        values (Tensor): ``(N, H, W)``.
        mask (Tensor): Bool ``(N, H, W)``.

    Returns:
        Tensor: Scalar; 0 where the mask is empty.
    """
    count = reduce_mean(mask.sum().float()).clamp(min=1)
    return (values * mask).sum() / count
