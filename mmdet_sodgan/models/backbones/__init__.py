from .caffe_pool_resnet import CaffePoolResNet
from .mobilenet_v2_stages import MobileNetV2Stages
from .vgg_maps import VGGMaps

__all__ = ['CaffePoolResNet', 'MobileNetV2Stages', 'VGGMaps']
