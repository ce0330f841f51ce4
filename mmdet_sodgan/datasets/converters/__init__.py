from .deeppcb import convert

__all__ = ['convert']
