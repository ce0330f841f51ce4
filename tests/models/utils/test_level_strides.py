import pytest

from mmdet_sodgan.models.utils import check_level_strides


@pytest.mark.parametrize(
    'strides, out_stride, in_stride, num_levels',
    [
        ([2, 4, 8, 16], 2, 4, None),
        ([(1, 1), (4, 4), (8, 8)], 1, 4, 3),
        ([8, 16], 8, 16, 2),
        ([4], 4, 8, None),
        # A narrow level is read on the grid of the next one.
        ([4, 4, 8], 4, 4, 3),
    ],
)
def test_levels_of_the_pyramid_pass(strides, out_stride, in_stride, num_levels):
    check_level_strides('key', strides, out_stride, in_stride, num_levels)


@pytest.mark.parametrize(
    'strides, num_levels, expected',
    [
        ([4, 8, 16], None, [2, 4, 8]),
        ([2, 8, 16], None, [2, 4, 8]),
        ([2, 4, 4], None, [2, 4, 8]),
        ([(2, 2), (4, 8)], None, [2, 4]),
        ([2, 4, 8], 4, [2, 4, 8, 16]),
        ([2, 4, 8, 16], 3, [2, 4, 8]),
    ],
)
def test_others_are_named_with_what_they_must_be(strides, num_levels, expected):
    with pytest.raises(ValueError) as error:
        check_level_strides('head.strides', strides, 2, 4, num_levels)
    message = str(error.value)
    assert message.startswith(f'head.strides is {strides} but must be {expected}:')
    assert 'in_stride = 4' in message
