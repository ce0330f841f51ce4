"""Checks that config, model, data sets, evaluators and weights agree."""

from .agreement import AgreementError, check_agreement
from .weights_hook import WeightsHook

__all__ = ['AgreementError', 'WeightsHook', 'check_agreement']
