"""DSSD, ION and MultiPath: what is published of them, and that they learn."""

import pytest
import torch
from mmdet.registry import MODELS


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


#: Config to the number of weights. None of the papers gives one.
WEIGHTS = {
    'dssd321_coco': dssd(6),
    'dssd513_coco': dssd(7),
    'ion_vgg16_1x_coco': ion(),
    'multipath_vgg16_1x_coco': multipath(),
}


@pytest.mark.parametrize('name', WEIGHTS)
def test_weights_are_as_many_as_the_papers_text_gives(load, name):
    # Without memory: there are up to half a billion.
    with torch.device('meta'):
        model = MODELS.build(load(f'baselines/{name}.py').model)
    count = sum(weight.numel() for weight in model.parameters())
    assert count == pytest.approx(WEIGHTS[name], rel=0.03)


@pytest.mark.parametrize(
    ('name', 'boxes'), [('dssd321_coco', 17080), ('dssd513_coco', 43688)]
)
def test_default_boxes_are_as_many_as_published(load, name, boxes):
    """Fu et al., table of speeds."""
    cfg = load(f'baselines/{name}.py', narrow=True)
    cfg.model.backbone.depth = 50
    model = MODELS.build(cfg.model).eval()
    with torch.no_grad():
        scores, _ = model(torch.rand(1, 3, cfg.input_size, cfg.input_size))
    assert sum(x[0].numel() for x in scores) == 81 * boxes


NARROW_LAYERS = {'model.roi_head.bbox_head.fc_out_channels': 64}
#: Config to height and width of the images in px, to Adam's rate of learning, lower
#: without normalisation, and to what makes it smaller.
TOYS = {
    'dssd321_coco': (321, 1e-3, {'model.backbone.depth': 50}),
    'multipath_vgg16_1x_coco': (64, 1e-4, NARROW_LAYERS),
    'ion_vgg16_1x_coco': (64, 1e-4, NARROW_LAYERS),
}


@pytest.mark.parametrize('name', TOYS)
def test_loss_falls_on_one_batch(load, batch, name):
    side, rate, changes = TOYS[name]
    cfg = load(f'baselines/{name}.py', narrow=True)
    cfg.merge_from_dict(changes)
    model = MODELS.build(cfg.model)
    model.init_weights()
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), rate)
    data = model.data_preprocessor(batch((side, side), (side, side)), True)
    losses = []
    for _ in range(6):
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0], losses
