"""The values of a project's configs, each with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple


class Choice(NamedTuple):
    """A value and why it is chosen."""

    value: Any
    reason: str


@dataclass(frozen=True)
class Choices:
    """The values of a project's configs.

    Args:
        form (Choice): ``'small'``, ``'large'`` or ``'base'``.
        init_cfg (Choice): What the backbone starts from, None for random weights.
        hr_size (Choice): Long and short side of the HR image in px.
        scale_factor (Choice): ``r``.
        anchor_scale (Choice): Side of an anchor over the stride of its level.
        max_dets (Choice): Detections that are kept of an image.
        size_buckets (Choice): Edges, sides in px of the original image.
        max_epochs (Choice): Of the teacher.
        student_epochs (Choice): Of the baseline and of SODGAN.
        batch_size (Choice): Images a step and GPU.
        lr (Choice): Learning rate at ``base_batch_size``, None for the base's.
        base_batch_size (int): Images a step that the learning rate is for.
        short (bool): Whether the training has few iterations.
    """

    form: Choice
    init_cfg: Choice
    hr_size: Choice
    scale_factor: Choice
    anchor_scale: Choice
    max_dets: Choice
    size_buckets: Choice
    max_epochs: Choice
    student_epochs: Choice
    batch_size: Choice
    lr: Choice
    base_batch_size: int
    short: bool

    @property
    def from_scratch(self) -> bool:
        """bool: Whether the backbone starts from random weights."""
        return self.init_cfg.value is None

    def lines(self) -> Iterator[str]:
        """Tell the choices.

        Yields:
            str: A line each.
        """
        for item in fields(self):
            if item.type is not Choice:
                continue
            name, (value, reason) = item.name, getattr(self, item.name)
            if name == 'init_cfg':
                name = 'weights'
                value = 'random' if self.from_scratch else 'pretrained'
            yield f'  {f"{name} = {value}":36}  {reason}'
