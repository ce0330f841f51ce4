from unittest import mock

import cv2
import pytest
import torch

from tools.benchmark.scaling import inference


@pytest.fixture
def run(measure, tmp_path):
    """Result and picture of the command, by sides and numbers of proposals."""

    def run(sides, proposals):
        figure = tmp_path / 'scaling.png'
        points = ('--sides', *sides, '--proposals', *proposals)
        options = ('--proposals-side', 32, '--rounds', 2, '--figure', figure)
        result = measure('scaling', ('lr', 'upscaled'), *points, *options)
        return result, cv2.imread(str(figure))

    return run


def test_both_axes_are_measured_and_drawn(run):
    result, picture = run([32, 48], [1, 5])
    assert [row['side'] for row in result['sides']] == [32, 48]
    assert [row['proposals'] for row in result['objects']] == [1, 5]
    assert result['systems']['lr']['max_proposals'] == 50
    for row in result['sides'] + result['objects']:
        assert [*row['results']] == ['lr', 'upscaled']
        assert all(len(found['samples']) == 2 for found in row['results'].values())
    assert picture.std() > 0


@pytest.mark.parametrize(
    'name, factor', [('lr', 1), ('upscaled', 2), ('oracle', 2), ('sodgan', 1)]
)
def test_given_number_of_proposals_enters_the_roi_head(system, setting, name, factor):
    entered = {}
    for count in (0, 3):
        work = inference(count, system(name), 32, 2, setting)
        extractor = work.model.roi_head.bbox_roi_extractor
        # Every form of pooling asks first which RoI goes to which level.
        with mock.patch.object(
            extractor, 'map_roi_levels', wraps=extractor.map_roi_levels
        ) as asked:
            work.run(work.prepare())
        entered[count] = asked.call_args_list[0].args[0]
    assert len(entered[0]) > 3 and len(entered[3]) == 3
    # Sides of small objects, at the size that the network works at.
    sides = (entered[3][:, 3:] - entered[3][:, 1:3]) / factor
    assert torch.all((sides > 4.99) & (sides < 16.01))


def test_panel_is_left_out_and_one_of_them_needed(run):
    result, picture = run([32], [])
    height, width = picture.shape[:2]
    assert result['objects'] == [] and picture.std() > 0 and width < 1.5 * height
    with pytest.raises(SystemExit, match='--sides and --proposals are both empty'):
        run([], [])
