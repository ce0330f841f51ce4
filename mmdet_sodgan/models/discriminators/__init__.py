from .box_head_discriminator import BoxHeadDiscriminator
from .multi_task_discriminator import (
    DiscriminatorOutput,
    MultiTaskDiscriminator,
    build_discriminator,
)

__all__ = [
    'BoxHeadDiscriminator',
    'DiscriminatorOutput',
    'MultiTaskDiscriminator',
    'build_discriminator',
]
