import json

import cv2
import pytest
import torch


@pytest.fixture
def scaling(benchmark_tool):
    return benchmark_tool('scaling')


def run(scaling, narrow, folder, *names):
    out, figure = folder / 'scaling.json', folder / 'scaling.png'
    scaling.main(
        [
            'deeppcb-160_r18',
            *('--systems', *(f'{name}={narrow[name]}' for name in names)),
            *('--sides', '32', '48', '--proposals', '1', '5'),
            *('--proposals-side', '32', '--rounds', '2', '--threads', '1'),
            *('--out', str(out), '--figure', str(figure)),
        ]
    )
    return json.loads(out.read_text()), cv2.imread(str(figure))


def test_both_axes_are_measured_and_drawn(scaling, narrow, tmp_path):
    result, picture = run(scaling, narrow, tmp_path, 'lr', 'upscaled')
    assert result['command'].startswith('tools/benchmark/scaling.py deeppcb-160_r18')
    assert {'commit', 'hardware', 'torch', 'threads', 'seed'} <= result.keys()
    assert [row['side'] for row in result['sides']] == [32, 48]
    assert [row['proposals'] for row in result['objects']] == [1, 5]
    assert result['systems']['lr']['max_proposals'] == 50
    for row in result['sides'] + result['objects']:
        assert row['results'].keys() == {'lr', 'upscaled'}
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


def test_point_without_memory_is_left_out(scaling, monkeypatch, narrow, tmp_path):
    whole = scaling.Work

    def work(system, what, size, *args):
        if system.name == 'upscaled':
            raise MemoryError('not enough')
        return whole(system, what, size, *args)

    monkeypatch.setattr(scaling, 'Work', work)
    result, picture = run(scaling, narrow, tmp_path, 'lr', 'upscaled')
    for row in result['sides'] + result['objects']:
        assert row['results']['upscaled'] == dict(out_of_memory='not enough')
        assert row['results']['lr']['n'] == 2
    assert picture.std() > 0


def test_a_panel_can_be_left_out(scaling, narrow, tmp_path, capsys):
    arguments = ['deeppcb-160_r18', '--systems', f'lr={narrow["lr"]}']
    arguments += ['--rounds', '1', '--threads', '1', '--proposals']
    out, figure = tmp_path / 'scaling.json', tmp_path / 'scaling.png'
    arguments += ['--out', str(out), '--figure', str(figure), '--sides']
    with pytest.raises(SystemExit):
        scaling.main(arguments)
    assert '--sides and --proposals are both empty' in capsys.readouterr().err
    upscaled = f'upscaled={narrow["upscaled"]}'
    arguments.insert(3, upscaled)
    scaling.main([*arguments, '32'])
    result = json.loads(out.read_text())
    assert [row['side'] for row in result['sides']] == [32]
    assert result['objects'] == []
    height, width = cv2.imread(str(figure)).shape[:2]
    assert width < 1.5 * height
