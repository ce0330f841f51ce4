import numpy as np

from mmdet_sodgan.visualization import fit_picture

SIDES = 1000, 2000


def test_small_image_is_enlarged_by_a_whole_number_pixel_by_pixel():
    image = np.arange(300 * 3, dtype=np.uint8).reshape(1, 300, 3)
    picture, scale = fit_picture(image, *SIDES)
    assert scale == 3 and picture.shape == (3, 900, 3)
    np.testing.assert_array_equal(picture, np.kron(image, np.ones((3, 3, 1), int)))


def test_image_of_middle_size_stays_as_it_is():
    image = np.zeros((700, 1500, 3), np.uint8)
    picture, scale = fit_picture(image, *SIDES)
    assert picture is image and scale == 1


def test_large_image_is_reduced_and_keeps_its_mean():
    image = np.random.default_rng(0).integers(0, 256, (10, 4000, 3), dtype=np.uint8)
    picture, scale = fit_picture(image, *SIDES)
    assert scale == 0.5 and picture.shape == (5, 2000, 3)
    assert abs(picture.mean() - image.mean()) < 1
