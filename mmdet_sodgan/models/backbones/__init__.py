from .caffe_pool_resnet import CaffePoolResNet
from .vgg_maps import VGGMaps

__all__ = ['CaffePoolResNet', 'VGGMaps']
