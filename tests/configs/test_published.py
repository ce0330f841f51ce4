"""Systems of the source's tables whose parts are ours, and what was published."""

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.model import revert_sync_batchnorm

EFFICIENTDET = 'baselines/efficientdet_effb3_bifpn_8xb16-crop896-300e_coco.py'
CENTERNET = 'baselines/centernet_hourglass104_8xb6-crop511-210e-mstest_coco.py'
REFINEDET = 'baselines/refinedet512_r101_4xb5-90e_coco.py'


def refinedet_parameters():
    """Count in millions layer by layer, as no publication gives the sum.

    Zhang et al., CVPR 2018, section 3, and their network on ResNet-101: res6 of 512
    channels, blocks of 256, three anchors a position, and residual blocks of 1,024
    before the predictions. Normalisation has two numbers a channel. Their blocks have
    a convolution beside them, mmdet's only where the channels change, 1.05 M in all.
    """

    def bottleneck(width, middle, out):
        weights = width * middle + 9 * middle**2 + middle * out + width * out
        return weights + 2 * (2 * middle + 2 * out)

    trunk = 44_549_160 - 1000 * 2049  # ResNet-101 without its classifier
    levels = 512, 1024, 2048, 512
    transfer = sum(9 * 256 * (width + 2 * 256) + 3 * 2 * 256 for width in levels)
    transfer += 3 * (4 * 256**2 + 2 * 256)  # deconvolutions
    blocks = [bottleneck(width, 256, 1024) for width in (*levels, *[256] * 4)]
    predictions = 4 * (9 * 1024 + 1) * 3 * ((4 + 2) + (4 + 81))
    parts = trunk, bottleneck(2048, 128, 512), transfer, sum(blocks), predictions
    return sum(parts) / 1e6


#: Config to the millions of parameters that its paper reports.
PARAMETERS = {
    # Tan et al., CVPR 2020, table 2: EfficientDet-D3.
    EFFICIENTDET: 12.0,
    # Duan et al., ICCV 2019: CenterNet511-104, as its authors' code counts it.
    CENTERNET: 210.06,
    REFINEDET: refinedet_parameters(),
}


@pytest.mark.parametrize('path', PARAMETERS)
def test_parameters_are_as_many_as_published(load, path):
    model = MODELS.build(load(path).model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count / 1e6 == pytest.approx(PARAMETERS[path], rel=0.03)


#: Config to side of the image in px and to what makes it shallower.
TOYS = {
    EFFICIENTDET: (128, {'backbone.arch': 'b0', 'neck.in_channels': [40, 112, 320]}),
    CENTERNET: (64, {'backbone.downsample_times': 2}),
    REFINEDET: (128, {'backbone.depth': 50}),
}


@pytest.mark.parametrize('path', TOYS)
def test_loss_falls_on_one_batch(load, batch, path):
    side, changes = TOYS[path]
    cfg = load(path, narrow=True)
    for key, value in changes.items():
        part, name = key.split('.')
        cfg.model[part][name] = value
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    model.init_weights()
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    data = model.data_preprocessor(batch((side, side), (side, side)), True)
    losses = []
    for _ in range(5):
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
