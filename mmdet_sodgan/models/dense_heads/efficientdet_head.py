import torch.nn as nn
from mmcv.cnn import DepthwiseSeparableConvModule, build_norm_layer
from mmdet.models.dense_heads import RetinaSepBNHead
from mmdet.models.dense_heads.anchor_head import AnchorHead
from mmdet.registry import MODELS
from mmengine.model import bias_init_with_prob


@MODELS.register_module()
class EfficientDetHead(RetinaSepBNHead):
    """RetinaNet's head with separable convolutions and Swish.

    The convolutions are shared by the levels, the normalisation behind each of them
    is a level's own, as in mmdet's ``RetinaSepBNHead``, whose arguments it takes.

    Source: Tan et al., EfficientDet, CVPR 2020, section 4.
    """

    def _init_layers(self) -> None:
        self.cls_convs, self.reg_convs = self._tower(), self._tower()
        priors = self.num_base_priors
        width = self.feat_channels
        self.retina_cls = _conv(width, priors * self.cls_out_channels)
        self.retina_reg = _conv(width, priors * self.bbox_coder.encode_size)

    def _tower(self) -> nn.ModuleList:
        """Build one list of layers a level, of the same convolutions."""
        width = self.feat_channels
        widths = [self.in_channels, *[width] * self.stacked_convs]
        convs = [_conv(before, width) for before in widths[: self.stacked_convs]]
        return nn.ModuleList(
            nn.ModuleList(
                nn.Sequential(
                    conv, build_norm_layer(self.norm_cfg, width)[1], nn.SiLU()
                )
                for conv in convs
            )
            for _ in range(self.num_ins)
        )

    def init_weights(self) -> None:
        """Keep mmcv's draw of the convolutions, and expect few objects at first."""
        # RetinaSepBNHead looks for plain convolutions.
        super(AnchorHead, self).init_weights()
        bias = self.retina_cls.pointwise_conv.conv.bias
        nn.init.constant_(bias, bias_init_with_prob(0.01))


def _conv(in_channels: int, out_channels: int) -> DepthwiseSeparableConvModule:
    return DepthwiseSeparableConvModule(
        in_channels, out_channels, 3, padding=1, act_cfg=None
    )
