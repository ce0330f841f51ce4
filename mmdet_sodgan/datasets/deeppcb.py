from mmdet.registry import DATASETS

from .converters.deeppcb import CLASSES
from .small_object_coco import SmallObjectCocoDataset


@DATASETS.register_module()
class DeepPCBDataset(SmallObjectCocoDataset):
    """DeepPCB, converted by ``tools/dataset_converters/deeppcb2coco.py``.

    Six kinds of defect on binarised 640 x 640 px images of bare printed circuit
    boards. Source: Tang et al., "On-line PCB Defect Detector On A New PCB Defect
    Dataset", https://arxiv.org/abs/1902.06197.
    """

    METAINFO = {
        'classes': CLASSES,
        'palette': [
            (220, 20, 60),
            (0, 114, 189),
            (237, 177, 32),
            (126, 47, 142),
            (77, 175, 74),
            (0, 190, 190),
        ],
    }
