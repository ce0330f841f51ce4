from .alternating_ddp import AlternatingDistributedDataParallel

__all__ = ['AlternatingDistributedDataParallel']
