from .metrics import SizeCocoMetric

__all__ = ['SizeCocoMetric']
