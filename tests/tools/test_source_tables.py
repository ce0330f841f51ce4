import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools/analysis_tools/source_tables.py'
DECK = ROOT.parent / 'shared' / 'seeds'
DATA = json.loads((ROOT / 'docs/lab_notes/source_tables.json').read_text())
ROWS = [row for table in DATA['tables'] for row in table['rows']]


def reported(method, backbone, table=0):
    """AP, AP50, AP75, AP_S, AP_M, AP_L of a row."""
    (row,) = [
        row
        for row in DATA['tables'][table]['rows']
        if (row['method'], row['backbone']) == (method, backbone)
    ]
    return row['reported']


@pytest.fixture
def page(tool):
    """Renders the rows that it is given, with what was trained by config."""
    module = tool('analysis_tools/source_tables.py')

    def render(row, **trained):
        data = dict(source='S', figures=['AP', 'AP50'], remarks=['A remark.'])
        data['tables'] = [dict(title='T', rows=[row])]
        return module.render(data, {f'{k}.py': v for k, v in trained.items()})

    return render


def test_rows_are_those_of_the_source():
    if not DECK.is_dir():
        pytest.skip(f'the slides are not at {DECK}')
    (text,) = (path.read_text() for path in DECK.glob('*.txt'))
    cells = [re.sub('</?b>', '', line).split('\t') for line in text.splitlines()]
    expected = [line for line in cells if len(line) == 8 and line[-1][:1].isdigit()]
    assert len(expected) == 37
    assert expected == [
        [row['method'], row['backbone'], *map('{:.1f}'.format, row['reported'])]
        for row in ROWS
    ]


def test_remarks_are_true_of_the_figures():
    for backbone, short, smaller in (
        ('ResNet-50', 'ResNet-50', 17.9),
        ('ResNet-50-FPN', 'Res50-FPN', 18.5),
    ):
        ours = reported('Ours', short, table=2)
        wo_cls = reported('w/o clsloss', short, table=2)
        wo_adv = reported('w/o advloss', short, table=2)
        wo_rec = reported('w/o reconstruction module', short, table=2)
        assert ours[:3] == wo_cls[:3]
        assert ours[3] - wo_cls[3] == pytest.approx(smaller)
        assert ours[0] < reported('Ours', backbone)[0]
        assert ours[0] <= min(wo_cls[0], wo_adv[0]) and wo_rec[0] > max(
            wo_cls[0], wo_adv[0]
        )
    above = [row for row in ROWS if row['reported'][0] > max(row['reported'][3:])]
    assert [(row['method'], row['backbone']) for row in above] == [
        ('w/o reconstruction module', 'Res50-FPN'),
        ('w/o clsloss', 'ResNet-50'),
        ('w/o clsloss', 'Res50-FPN'),
    ]
    assert reported('Ours', 'ResNet-101-FPN')[5] == 38.8
    assert reported('Faster R-CNN', 'ResNet-101-FPN')[5] == 46.6


def test_result_is_that_of_the_rows_config(page):
    row = dict(method='M', backbone='B', reported=[31.8, 52.0])
    row['config'] = 'configs/a/b_coco.py'
    trained = dict(figures=dict(AP='32.1'), conditions='12 epochs; a GPU')
    text = page(row, c_coco=trained)
    assert '| reported in the source: AP / AP50 |' in text
    cells = '| M | B | 31.8 / 52.0 | [b_coco](../../configs/a/b_coco.py) |'
    assert f'\n{cells} not trained |  |\n' in text
    assert f'\n{cells} AP 32.1 (12 epochs; a GPU) |  |\n' in page(row, b_coco=trained)


def test_page_is_up_to_date():
    done = subprocess.run(
        [sys.executable, TOOL, '--check'], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
