from .data_error import DataError
from .dataset_doctor import DatasetReport, inspect_dataset
from .deeppcb import DeepPCBDataset
from .small_object_coco import SmallObjectCocoDataset
from .strict_coco import StrictCOCO
from .synthetic_small_object import SyntheticSmallObjectDataset

__all__ = [
    'DataError',
    'DatasetReport',
    'DeepPCBDataset',
    'SmallObjectCocoDataset',
    'StrictCOCO',
    'SyntheticSmallObjectDataset',
    'inspect_dataset',
]
