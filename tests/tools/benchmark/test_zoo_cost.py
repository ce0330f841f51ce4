import json
from pathlib import Path

import pytest

from tools.benchmark import measure, zoo

ROOT = Path(__file__).resolve().parents[3]
NAME = 'faster-rcnn_r18_fpn_small_deeppcb-160'


def test_config_gets_the_figures_of_the_zoo_once(monkeypatch, tmp_path):
    path = ROOT / f'configs/baselines/{NAME}.py'
    words = ['zoo', str(path), '--rounds', '1', '--out', str(tmp_path)]
    measure.main(words)
    result = json.loads((tmp_path / f'{NAME}.json').read_text())
    kept = json.loads((ROOT / f'docs/results/zoo/{NAME}.json').read_text())
    same = ('config', 'image', 'network_input', 'parameters', 'parameters_training')
    assert {key: result[key] for key in same} == {key: kept[key] for key in same}
    assert result['gflops'] == pytest.approx(kept['gflops'], rel=1e-3)
    assert result['ms'] > 0 and kept.keys() <= result.keys()
    # The result is there.
    monkeypatch.setattr(zoo, 'measure_config', None)
    measure.main(words)
