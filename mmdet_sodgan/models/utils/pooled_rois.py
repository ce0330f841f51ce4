"""RoI features, of which those of a :class:`FineLevel` are not projected yet.

Shapes, of ``n`` RoIs of ``k x k`` cells, ``m`` of them pooled from the level's map:

    fine    ``(m, c, k, k)``
    others  ``(n - m, C, k, k)``

A fully connected layer over all cells can take the projection from c to C channels into
its weights. It is the largest product of a box head, and with a quarter of the channels
it takes a quarter of the time. Making the weights takes as long as some 40 RoIs.
"""

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmdet.models.roi_heads.bbox_heads import BBoxHead, Shared2FCBBoxHead
from torch import Tensor


@dataclass(frozen=True)
class PooledRoIs:
    """Features of RoIs from a fine level and from others; shapes at the module's head.

    Args:
        fine (Tensor): Pooled from the map.
        others (Tensor): Pooled from the pyramid.
        order (Tensor): ``(n,)``, the index of each RoI in ``cat([fine, others])``.
        project (nn.Conv2d): 1x1, from c to C channels.
    """

    fine: Tensor
    others: Tensor
    order: Tensor
    project: nn.Conv2d

    def dense(self) -> Tensor:
        """The features of all RoIs, ``(n, C, k, k)``."""
        # A convolution of many small maps takes several times this product.
        weight, bias = self.project.weight.flatten(1), self.project.bias
        fine = weight.to(self.fine) @ self.fine.flatten(2) + bias.to(self.fine)[:, None]
        return self._join(fine.unflatten(2, self.fine.shape[-2:]), self.others)

    def linear(self, layer: nn.Linear) -> Tensor:
        """``layer(self.dense().flatten(1))``, as W(Px + b) + d = (WP)x + (Wb + d).

        Args:
            layer (nn.Linear): From C * k * k to F features, with a bias.

        Returns:
            Tensor: ``(n, F)``.
        """
        project, bias = self.project.weight.flatten(1), self.project.bias
        weight = layer.weight.unflatten(1, (len(bias), -1))
        # In two dimensions, so that ONNX needs no transposed copy of the weight.
        bias = layer(bias[:, None].expand(-1, weight.shape[2]).reshape(1, -1))[0]
        # torch.matmul would copy the weight, the largest of a box head.
        weight = project.T.expand(len(weight), -1, -1).bmm(weight).flatten(1)
        fine = F.linear(self.fine.flatten(1), weight, bias)
        return self._join(fine, layer(self.others.flatten(1)))

    def _join(self, fine: Tensor, others: Tensor) -> Tensor:
        return torch.cat([fine, others.to(fine.dtype)])[self.order]


def as_features(pooled: PooledRoIs | Tensor) -> Tensor:
    """Features ``(n, C, k, k)`` of either form of pooled RoIs.

    Args:
        pooled (PooledRoIs | Tensor): What an extractor gives.
    """
    return pooled.dense() if isinstance(pooled, PooledRoIs) else pooled


def run_box_head(head: BBoxHead, pooled: PooledRoIs | Tensor) -> tuple[Tensor, Tensor]:
    """``head(pooled)``, with the projection in the weights where the head allows it.

    Args:
        head (BBoxHead): Any; of mmdet's ``Shared2FCBBoxHead`` the first layer takes
            the projection. Hooks of that layer and of the head itself are not called.
        pooled (PooledRoIs | Tensor): Features of n RoIs.

    Returns:
        tuple[Tensor, Tensor]: Scores ``(n, classes + 1)`` and deltas
        ``(n, 4 * classes)`` or ``(n, 4)``.
    """
    if (
        isinstance(pooled, Tensor)
        # A subclass may do anything else with its input.
        or type(head) is not Shared2FCBBoxHead
        or type(head.shared_fcs[0]) is not nn.Linear
        or head.with_avg_pool
        or not (head.with_cls and head.with_reg)
    ):
        return head(as_features(pooled))
    first, second = head.shared_fcs
    x = head.relu(second(head.relu(pooled.linear(first))))
    return head.fc_cls(x), head.fc_reg(x)
