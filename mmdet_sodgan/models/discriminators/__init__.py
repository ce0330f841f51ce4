from .multi_task_discriminator import (
    DiscriminatorOutput,
    MultiTaskDiscriminator,
    build_discriminator,
)

__all__ = ['DiscriminatorOutput', 'MultiTaskDiscriminator', 'build_discriminator']
