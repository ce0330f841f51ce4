from mmdet.models.backbones import MobileNetV2
from mmdet.registry import MODELS


@MODELS.register_module()
class MobileNetV2Stages(MobileNetV2):
    """MobileNetV2 up to stride 8, for :class:`BackboneStem`.

    mmdet's has no argument that leaves the later stages out. The weights have the
    names of mmdet's, and the two maps are its first ones, of strides 4 and 8.

    Args:
        **kwargs: Arguments of mmdet's, less ``out_indices``.
    """

    arch_settings = MobileNetV2.arch_settings[:3]

    def __init__(self, **kwargs) -> None:
        super().__init__(out_indices=(1, 2), **kwargs)
        # The last convolution is that of the classifier.
        delattr(self, self.layers.pop())
