import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmdet.registry import MODELS

from mmdet_sodgan.models.detectors.image_crops import crop_rois


def bilinear(image, x, y):
    """One sample of ``(H, W)`` at a point, pixel ``i`` reaching from i to i + 1."""
    x, y = x - 0.5, y - 0.5
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    rows = [np.interp(x, [x0, x0 + 1], image[y0 + i, x0 : x0 + 2]) for i in range(2)]
    return np.interp(y, [y0, y0 + 1], rows)


def test_small_roi_is_enlarged_by_bilinear_samples_at_the_centres_of_its_cells():
    image = np.random.default_rng(0).normal(size=(20, 24)).astype('float32')
    x1, y1, width, height, size = 4.3, 5.7, 6.0, 4.5, 8
    expected = [
        [
            bilinear(
                image, x1 + (j + 0.5) * width / size, y1 + (i + 0.5) * height / size
            )
            for j in range(size)
        ]
        for i in range(size)
    ]
    images = torch.from_numpy(image).expand(2, 3, -1, -1).clone()
    images[0] = 0
    rois = torch.tensor([[1, x1, y1, x1 + width, y1 + height]])
    crop = crop_rois(images, rois, size)
    assert crop.shape == (1, 3, size, size)
    np.testing.assert_allclose(crop[0, 2], expected, atol=1e-5)


def test_whole_pixels_are_copied():
    images = torch.rand(1, 3, 16, 16)
    crop = crop_rois(images, torch.tensor([[0.0, 3, 5, 11, 13]]), 8)
    torch.testing.assert_close(crop, images[..., 5:13, 3:11])


def test_large_roi_is_averaged():
    images = torch.rand(1, 3, 32, 32)
    crop = crop_rois(images, torch.tensor([[0.0, 4, 8, 28, 32]]), 8)
    torch.testing.assert_close(crop, F.avg_pool2d(images[..., 8:32, 4:28], 3))


def test_layout_and_type_of_the_images_do_not_matter():
    images = torch.rand(2, 3, 16, 16)
    rois = torch.tensor([[1, 2.5, 3.0, 9.0, 12.0]])
    expected = crop_rois(images.bfloat16().float(), rois, 4)
    last = images.bfloat16().to(memory_format=torch.channels_last)
    torch.testing.assert_close(crop_rois(last, rois, 4), expected, rtol=0, atol=0)


def test_no_roi_gives_no_crop_with_a_graph():
    images = torch.rand(1, 3, 16, 16, requires_grad=True)
    crop = crop_rois(images, torch.zeros(0, 5), 4)
    assert crop.shape == (0, 3, 4, 4)
    crop.sum().backward()
    assert (images.grad == 0).all()


@pytest.mark.parametrize('place', ['image_cfg', 'mtgan_cfg'])
def test_a_teacher_is_refused_where_the_hr_image_is_compared(place, request):
    cfg = request.getfixturevalue(place)({'model.teacher': dict(type='Teacher')})
    with pytest.raises(ValueError, match='model.teacher is given but .* the HR image'):
        MODELS.build(cfg.model)
