from .multi_task_discriminator import Judgement, MultiTaskDiscriminator

__all__ = ['Judgement', 'MultiTaskDiscriminator']
