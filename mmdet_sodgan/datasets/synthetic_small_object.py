from mmdet.registry import DATASETS

from .small_object_coco import SmallObjectCocoDataset
from .synthetic.patterns import PATTERNS


@DATASETS.register_module()
class SyntheticSmallObjectDataset(SmallObjectCocoDataset):
    """Synthetic small objects, made by :func:`.synthetic.generate`.

    The class names are those of the default six classes; for another
    ``num_classes`` set ``metainfo.classes`` to the first ones of ``PATTERNS``.
    """

    METAINFO = {
        'classes': tuple(PATTERNS)[:6],
        'palette': [
            (220, 20, 60),
            (0, 114, 189),
            (237, 177, 32),
            (126, 47, 142),
            (77, 175, 74),
            (0, 190, 190),
        ],
    }
