from mmdet.models.backbones import SSDVGG
from mmdet.registry import MODELS


@MODELS.register_module()
class VGGMaps(SSDVGG):
    """The last maps of VGG-16's third, fourth and fifth stage.

    mmdet's VGG without the layers that SSD adds, for detectors that pool RoIs from
    several stages. The weights have the names of mmdet's.

    Its first two stages stay as they are, as in Fast R-CNN.

    Args:
        init_cfg (dict): As in mmengine.
    """

    def __init__(self, init_cfg: dict | None = None) -> None:
        # After the ReLU of conv3_3, conv4_3 and conv5_3, which is the last layer.
        maps = 15, 22, 29
        super().__init__(depth=16, out_feature_indices=maps, init_cfg=init_cfg)
        self.features = self.features[: maps[-1] + 1]
        self.frozen_stages = 2
        # mmcv freezes here only. DistributedDataParallel, which is laid around the
        # network before its training begins, would wait for the gradients of all.
        self.train()
