"""Checks that config, model, data sets, evaluators and weights agree."""

from .agreement import check_agreement
from .evaluators import allow_parts, check_presence
from .weights_hook import WeightsHook

__all__ = [
    'WeightsHook',
    'allow_parts',
    'check_agreement',
    'check_presence',
]
