import numpy as np
import pytest
import torch
from mmdet.registry import TRANSFORMS

from mmdet_sodgan.models.data_preprocessors import Degradation

WORSE = dict(blur_sigma=(0, 3), noise_std=(5, 20), jpeg_quality=(20, 60))


@pytest.fixture
def degrade():
    """Degrades a noisy image of a name, by default of an even number of pixels."""

    def run(name='a/1.jpg', size=(40, 60), options=WORSE, **results):
        image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        results = dict(img=image, img_path=name, **results)
        transform = TRANSFORMS.build(dict(type='Degrade', scale_factor=2, **options))
        return image, transform(results)

    return run


def test_image_of_a_fixed_degradation_is_the_data_preprocessors(degrade):
    fixed = dict(blur_sigma=(1, 1), jpeg_quality=(40, 40))
    image, found = degrade(options=fixed)
    images = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    expected = Degradation(**fixed).eval()(images, 2)[0].permute(1, 2, 0)
    assert found['img'].dtype == np.uint8
    assert np.array_equal(found['img'], expected.numpy())


def test_a_file_is_one_image_and_two_files_differ(degrade):
    state = torch.random.get_rng_state()
    first, again, other = (degrade(x)[1]['img'] for x in ('a/1', 'b/1', 'a/2'))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    # Training goes on drawing what it would have drawn.
    assert torch.equal(torch.random.get_rng_state(), state)


def test_meta_leads_back_to_the_original(degrade):
    _, found = degrade(size=(41, 60), scale_factor=(0.5, 0.25))
    assert found['img'].shape == (21, 30, 3)
    assert found['img_shape'] == (21, 30)
    assert found['scale_factor'] == (0.25, 0.125)


def test_boxes_that_were_loaded_before_are_refused(degrade):
    with pytest.raises(ValueError, match='before LoadAnnotations'):
        degrade(gt_bboxes=np.zeros((0, 4)))


def test_scale_that_no_data_preprocessor_has_is_refused():
    with pytest.raises(ValueError, match='Degrade.scale_factor .r. is 3'):
        TRANSFORMS.build(dict(type='Degrade', scale_factor=3))
