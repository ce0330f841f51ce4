"""Systems of the source's tables whose parts are ours, and what was published."""

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.model import revert_sync_batchnorm

EFFICIENTDET = 'baselines/efficientdet_effb3_bifpn_8xb16-crop896-300e_coco.py'
CENTERNET = 'baselines/centernet_hourglass104_8xb6-crop511-210e-mstest_coco.py'
REFINEDET = 'baselines/refinedet512_r101_4xb5-90e_coco.py'
DSSD321, DSSD513 = 'baselines/dssd321_coco.py', 'baselines/dssd513_coco.py'
ION = 'baselines/ion_vgg16_1x_coco.py'
MULTIPATH = 'baselines/multipath_vgg16_1x_coco.py'


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


def conv(inputs, outputs, kernel, bias=False):
    """Weights of a convolution; of one without bias, those of its BatchNorm too."""
    return inputs * outputs * kernel**2 + (outputs if bias else 2 * outputs)


def residual(inputs, outputs, kernel):
    """Weights of a bottleneck with a convolution as skip connection."""
    inner = outputs // 4
    branch = conv(inputs, inner, 1) + conv(inner, inner, kernel)
    return branch + conv(inner, outputs, 1) + conv(inputs, outputs, 1)


def dssd(levels):
    """Fu et al. give no count; this is that of their figures and table.

    ResNet-101 has 44.55 million with its last layer, of 2048 x 1000 weights.
    """
    widths = [512, 2048] + [1024] * (levels - 2)
    total = 44.55e6 - 2049 * 1000
    total += sum(residual(width, 1024, 3) for width in widths[1:-1])
    for coarse, fine in zip([1024] + [512] * (levels - 2), widths[-2::-1], strict=True):
        total += conv(coarse, 512, 2, bias=True) + conv(fine, 512, 3)
        total += 2 * conv(512, 512, 3)
    for width in [512] * (levels - 1) + [1024]:
        total += residual(width, 1024, 1) + conv(1024, 8 * (81 + 4), 3, bias=True)
    return total


def vgg16():
    """Weights of VGG-16's convolutions."""
    stages = [(3, 64, 2), (64, 128, 2), (128, 256, 3), (256, 512, 3), (512, 512, 3)]
    return sum(
        conv(inputs, outputs, 3, True) + (layers - 1) * conv(outputs, outputs, 3, True)
        for inputs, outputs, layers in stages
    )


def rpn():
    """Weights of an RPN of 15 anchors a cell on 512 channels."""
    return conv(512, 512, 3, True) + conv(512, 15 * 5, 1, True)


def fully_connected(joined):
    """Weights from joined RoI features to the second layer of 4096."""
    return (
        conv(joined, 512, 1, True)
        + conv(512, 4096, 7, True)
        + conv(4096, 4096, 1, True)
    )


def ion():
    """Bell et al. give no count; this is that of their figures 2 and 3."""
    context = conv(512, 512, 1, True) + 2 * conv(4 * 512, 512, 1, True)
    context += 2 * 4 * 512**2
    head = fully_connected(512 + 256 + 512 + 512) + conv(4096, 81 + 4 * 80, 1, True)
    return vgg16() + context + rpn() + head


def multipath():
    """Zagoruyko et al. give no count; this is that of their figure 1 and sections."""
    towers = sum(
        fully_connected(joined)
        for joined in (256 + 512 + 512, 512 + 512, 512 + 512, 512)
    )
    return vgg16() + rpn() + towers + conv(4 * 4096, 6 * 81 + 4 * 80, 1, True)


#: Config to the published millions of parameters.
PARAMETERS = {
    # Tan et al., CVPR 2020, table 2: EfficientDet-D3.
    EFFICIENTDET: 12.0,
    # Duan et al., ICCV 2019: CenterNet511-104, as its authors' code counts it.
    CENTERNET: 210.06,
    REFINEDET: refinedet_parameters(),
    DSSD321: dssd(6) / 1e6,
    DSSD513: dssd(7) / 1e6,
    ION: ion() / 1e6,
    MULTIPATH: multipath() / 1e6,
}


@pytest.mark.parametrize('path', PARAMETERS)
def test_parameters_are_as_many_as_published_or_described(load, path):
    # Without memory, as there are up to half a billion; EfficientNet reads some
    # tensors while it is built.
    with torch.device('cpu' if path == EFFICIENTDET else 'meta'):
        model = MODELS.build(load(path).model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count / 1e6 == pytest.approx(PARAMETERS[path], rel=0.03)


#: Config to what makes it shallower.
SHALLOWER = {
    EFFICIENTDET: {'backbone.arch': 'b0', 'neck.in_channels': [40, 112, 320]},
    CENTERNET: {'backbone.downsample_times': 2},
    REFINEDET: {'backbone.depth': 50},
    DSSD321: {'backbone.depth': 50},
    DSSD513: {'backbone.depth': 50},
    ION: {'roi_head.bbox_head.fc_out_channels': 64},
    MULTIPATH: {'roi_head.bbox_head.fc_out_channels': 64},
}
#: Config to side of the published input in px, place of the class scores among the
#: head's outputs, scores a position, and sides in cells.
OUTPUTS = {
    EFFICIENTDET: (896, 0, 9 * 80, [112, 56, 28, 14, 7]),
    # One heatmap a stack.
    CENTERNET: (511, 6, 80, [128, 128]),
    # Together 16,320 anchors, as its table of systems says.
    REFINEDET: (512, 2, 3 * 81, [64, 32, 16, 8]),
    # Together 17,080 and 43,688 boxes, as its table of speeds says.
    DSSD321: (321, 0, 8 * 81, [40, 20, 10, 5, 3, 1]),
    DSSD513: (513, 0, 8 * 81, [64, 32, 16, 8, 4, 2, 1]),
}


@pytest.fixture
def toy(load):
    """Factory of a config's detector, narrow and shallow."""

    def make(path):
        cfg = load(path, narrow=True)
        cfg.merge_from_dict({f'model.{k}': v for k, v in SHALLOWER[path].items()})
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


#: Rates of learning where nothing is normalised.
LOW_RATES = {ION: 1e-4, MULTIPATH: 1e-4}


@pytest.mark.parametrize('path', [path for path in SHALLOWER if path != DSSD513])
def test_loss_falls_on_one_batch(toy, batch, path):
    model = toy(path).train()
    optimizer = torch.optim.Adam(model.parameters(), LOW_RATES.get(path, 3e-3))
    # SSD's last levels are there at its own size only.
    side = 321 if path == DSSD321 else 64
    data = model.data_preprocessor(batch((side, side), (side, side)), True)
    losses = []
    for _ in range(8):
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # With others, several processes would wait for gradients that do not come.
    learning = {k: p for k, p in model.named_parameters() if p.requires_grad}
    assert not [k for k, p in learning.items() if p.grad is None]
    assert losses[-1] < 0.9 * losses[0], losses
