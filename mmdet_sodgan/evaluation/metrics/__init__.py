from .size_coco_metric import SizeCocoMetric

__all__ = ['SizeCocoMetric']
