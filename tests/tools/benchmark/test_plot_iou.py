import numpy as np
import pytest
from scipy import stats

from tools.benchmark.plot_iou import differences


def test_interval_is_that_of_a_paired_t_test():
    values = np.random.default_rng(0).normal(40, 3, (2, 5, 10))
    with_d, without = (
        # Of seeds in any order.
        {str(seed): values[i, seed].tolist() for seed in order}
        for i, order in enumerate(([3, 0, 1, 4, 2], range(5)))
    )
    content = dict(ap_by_iou={'sodgan': with_d, 'without-d': without})
    found = [each['interval'] for each in differences(content)]
    expected = stats.ttest_rel(*values).confidence_interval(0.95)
    np.testing.assert_allclose(np.transpose(found), [*expected])


def test_pairs_of_other_seeds_are_refused():
    sides = {'sodgan': {'0': [1.0] * 10}, 'without-d': {'1': [1.0] * 10}}
    with pytest.raises(ValueError, match='of other seeds'):
        differences(dict(ap_by_iou=sides))
