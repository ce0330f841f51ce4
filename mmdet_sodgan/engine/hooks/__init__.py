from .alternating_optim_hook import AlternatingOptimHook
from .reseed_hook import ReseedHook

__all__ = ['AlternatingOptimHook', 'ReseedHook']
