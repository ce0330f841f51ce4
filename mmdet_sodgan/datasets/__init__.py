from ..utils import supported_stack  # noqa: F401, before what fails without it
from .data_error import DataError
from .deeppcb import DeepPCBDataset
from .small_object_coco import SmallObjectCocoDataset
from .strict_coco import StrictCOCO
from .synthetic_small_object import SyntheticSmallObjectDataset

__all__ = [
    'DataError',
    'DeepPCBDataset',
    'SmallObjectCocoDataset',
    'StrictCOCO',
    'SyntheticSmallObjectDataset',
]
