"""Systems of the source's tables whose parts are ours, and what was published."""

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.model import revert_sync_batchnorm

EFFICIENTDET = 'baselines/efficientdet_effb3_bifpn_8xb16-crop896-300e_coco.py'
CENTERNET = 'baselines/centernet_hourglass104_8xb6-crop511-210e-mstest_coco.py'
#: Config to the millions of parameters that its paper reports.
PARAMETERS = {
    # Tan et al., CVPR 2020, table 2: EfficientDet-D3.
    EFFICIENTDET: 12.0,
    # Duan et al., ICCV 2019: CenterNet511-104.
    CENTERNET: 210,
}


@pytest.mark.parametrize('path', PARAMETERS)
def test_parameters_are_as_many_as_published(load, path):
    model = MODELS.build(load(path).model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count / 1e6 == pytest.approx(PARAMETERS[path], rel=0.03)


#: Config to side of the image in px and to what makes it shallower.
TOYS = {
    EFFICIENTDET: (128, {'backbone.arch': 'b0', 'neck.in_channels': [40, 112, 320]}),
    CENTERNET: (128, {'backbone.downsample_times': 2}),
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
