import json

import cv2
import pytest
import torch


@pytest.fixture
def scaling(benchmark_tool):
    return benchmark_tool('scaling')


@pytest.fixture
def run(measure, tmp_path):
    """Result and picture of the command, by sides and numbers of proposals."""

    def run(sides, proposals):
        out, figure = tmp_path / 'scaling.json', tmp_path / 'scaling.png'
        points = ('--sides', *sides, '--proposals', *proposals)
        options = (*points, '--proposals-side', 32, '--rounds', 2)
        files = ('--out', out, '--figure', figure)
        measure('scaling', ('lr', 'upscaled'), *options, *files)
        return json.loads(out.read_text()), cv2.imread(str(figure))

    return run


def test_both_axes_are_measured_and_drawn(run):
    result, picture = run([32, 48], [1, 5])
    assert {'command', 'commit', 'hardware', 'torch', 'threads'} <= result.keys()
    assert [row['side'] for row in result['sides']] == [32, 48]
    assert [row['proposals'] for row in result['objects']] == [1, 5]
    assert result['systems']['lr']['max_proposals'] == 50
    for row in result['sides'] + result['objects']:
        assert [*row['results']] == ['lr', 'upscaled']
        for figures in row['results'].values():
            assert figures['n'] == len(figures['samples']) == 2
            assert 0 < figures['q1'] <= figures['median'] <= figures['q3']
    assert picture.std() > 0


@pytest.mark.parametrize('name, factor', [('lr', 1), ('upscaled', 2), ('oracle', 2)])
def test_given_proposals_enter_the_roi_head(scaling, system, setting, name, factor):
    work = scaling.Work(system(name), 'inference', (32, 32), 1, 2, setting)
    boxes = torch.tensor([[1.0, 2, 7, 9], [4, 4, 20, 12], [0, 3, 5, 8]])
    scaling.replace_proposals(work, boxes, 32)
    entered = []
    extractor = work.model.roi_head.bbox_roi_extractor
    extractor.register_forward_pre_hook(lambda module, args: entered.append(args[1]))
    work.run(work.prepare())
    (rois,) = entered
    torch.testing.assert_close(rois[:, 1:], factor * boxes)


def test_point_without_memory_and_a_panel_are_left_out(scaling, monkeypatch, run):
    whole = scaling.Work

    def work(system, *args):
        if system.name == 'upscaled':
            raise MemoryError('not enough')
        return whole(system, *args)

    monkeypatch.setattr(scaling, 'Work', work)
    result, picture = run([32], [])
    (row,) = result['sides']
    assert row['results']['upscaled'] == dict(out_of_memory='not enough')
    assert row['results']['lr']['n'] == 2 and result['objects'] == []
    height, width = picture.shape[:2]
    assert picture.std() > 0 and width < 1.5 * height
    with pytest.raises(SystemExit, match='--sides and --proposals are both empty'):
        run([], [])
