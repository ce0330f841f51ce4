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


#: Config to the published millions of parameters.
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


#: Config to what makes it shallower.
SHALLOWER = {
    EFFICIENTDET: {'backbone.arch': 'b0', 'neck.in_channels': [40, 112, 320]},
    CENTERNET: {'backbone.downsample_times': 2},
    REFINEDET: {'backbone.depth': 50},
}
#: Config to side of the published input in px, place of the class scores among the
#: head's outputs, scores a position, and sides in cells.
OUTPUTS = {
    EFFICIENTDET: (896, 0, 9 * 80, [112, 56, 28, 14, 7]),
    # One heatmap a stack.
    CENTERNET: (511, 6, 80, [128, 128]),
    # Together 16,320 anchors, as its table of systems says.
    REFINEDET: (512, 2, 3 * 81, [64, 32, 16, 8]),
}


@pytest.fixture
def toy(load):
    """Factory of a config's detector, narrow and shallow."""

    def make(path):
        cfg = load(path, narrow=True)
        for key, value in SHALLOWER[path].items():
            part, name = key.split('.')
            cfg.model[part][name] = value
        model = revert_sync_batchnorm(MODELS.build(cfg.model))
        model.init_weights()
        return model

    return make


@pytest.mark.parametrize('path', OUTPUTS)
def test_outputs_have_the_published_shapes(toy, path):
    side, place, scores, sides = OUTPUTS[path]
    with torch.no_grad():
        maps = toy(path).eval()(torch.rand(1, 3, side, side), mode='tensor')[place]
    assert [tuple(x.shape) for x in maps] == [(1, scores, n, n) for n in sides]


@pytest.mark.parametrize('path', SHALLOWER)
def test_loss_falls_on_one_batch(toy, batch, path):
    model = toy(path).train()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    data = model.data_preprocessor(batch((64, 64), (64, 64)), True)
    losses = []
    for _ in range(8):
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
