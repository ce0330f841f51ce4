"""Configs, metafiles, model-index.yml, result files and the zoo's page agree."""

import importlib
import json
from pathlib import Path

import pytest
import yaml
from modelindex.load_model_index import load

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = {
    path
    for path in ROOT.glob('configs/*/*.py')
    if path.parent.name not in ('_base_', 'benchmarks')
}


@pytest.fixture
def zoo(monkeypatch):
    """The tool, as it is when it runs."""
    monkeypatch.syspath_prepend(ROOT / 'tools' / 'analysis_tools')
    return importlib.import_module('zoo')


@pytest.fixture
def results(zoo, tmp_path, monkeypatch):
    """A folder of result files of a config, instead of the committed one."""
    monkeypatch.setattr(importlib.import_module('zoo_results'), 'RESULTS', tmp_path)
    return tmp_path


def test_files_are_up_to_date(zoo):
    old = [p.name for p, text in zoo.render().items() if p.read_text() != text]
    assert not old, f'{old}: run tools/analysis_tools/zoo.py'


def test_mim_finds_each_config_once_with_its_name():
    index = load(str(ROOT / 'model-index.yml'))
    found = [(model.name, ROOT / model.config) for model in index.models]
    assert len(found) == len(CONFIGS) and {path for _, path in found} == CONFIGS
    assert all(name == path.stem for name, path in found)
    collections = {collection.name for collection in index.collections}
    assert {model.in_collection for model in index.models} == collections


def test_collections_have_a_page(zoo):
    for folder in zoo.families():
        readme = ROOT / zoo.read_collection(folder)['README']
        assert readme.parent == ROOT / 'configs' / folder and readme.is_file()


def test_every_config_is_among_those_that_were_trained_or_the_others(zoo):
    page = (ROOT / 'docs/lab_notes/zoo.md').read_text()
    trained, others = page.split('## Not trained')
    configs = {p.name for p in CONFIGS}
    first, second = (
        {part.split(')')[0].rpartition('/')[2] for part in x.split('](')} & configs
        for x in (trained, others)
    )
    assert first | second == configs and not first & second
    assert first >= zoo.benchmark_trainings().keys()


def test_rows_of_a_benchmark_are_sorted_by_ap():
    page = (ROOT / 'docs/lab_notes/zoo.md').read_text()
    tables = page.split('## Not trained')[0].split('### ')[1:]
    assert tables
    for text in tables:
        header, _, *rows = [
            line.split(' | ') for line in text.splitlines() if line.startswith('|')
        ]
        found = [float(row[header.index('AP')].split()[0]) for row in rows]
        assert found and found == sorted(found, reverse=True)


def test_costs_are_of_configs_that_exist_and_all_have_one(zoo):
    assert {path.name for path in CONFIGS} == zoo.costs().keys()


@pytest.mark.parametrize('sd, text', [(0.01, '25.0 ± 1.0'), (None, '25.0')])
def test_figures_come_from_the_summary(zoo, results, sd, text):
    name = 'sodgan-faster-rcnn_r50_fpn_1x_coco'
    metrics = {key: dict(mean=0.25, sd=sd) for key in zoo.METRICS}
    row = dict(config=f'sodgan/{name}.py', seeds=[0, 4], metrics=metrics)
    row |= dict(changed=False, epochs=[12, 6])
    other = dict(row, metrics={k: dict(mean=0.5, sd=sd) for k in zoo.METRICS})
    other['changed'] = True
    conditions = dict(train_annotations=['some'], hardware=['a CPU', 'another'])
    folder = results / 'benchmark' / 'b_cpu'
    folder.mkdir(parents=True)
    # The others lay something over the config, or start from other weights.
    rows = {'other': other, 'lr-started': dict(other, changed=False), 'first': row}
    summary = dict(conditions=conditions, rows=rows)
    (folder / 'summary.json').write_text(json.dumps(summary))
    # What a row was trained on, not all that the benchmark was.
    for seed in (0, 4):
        run = dict(hardware='a CPU', parameters=10)
        (folder / f'first_seed{seed}.json').write_text(json.dumps(run))
    (results / 'zoo').mkdir()
    cost = dict(config=f'configs/sodgan/{name}.py', parameters_training=10)
    (results / 'zoo' / f'{name}.json').write_text(json.dumps(cost))
    found = zoo.benchmark_trainings()[f'{name}.py']
    assert found['figures']['AP_S'] == text and found['seeds'] == '0, 4'
    said = '12 + 6 epochs on some, benchmark b_cpu; a CPU'
    assert found['conditions'] == said
    assert [log.name for log in found['log']] == [
        'first_seed0.json',
        'first_seed4.json',
    ]
    entry = zoo.model(ROOT / f'configs/sodgan/{name}.py', 'SODGAN', found, None)
    assert entry['Results'][0]['Metrics']['box AP'] == 25.0
    assert entry['Results'][0]['Conditions'] == said
    assert yaml.safe_load(zoo.dump(entry)) == entry
    # The config has changed since.
    cost['parameters_training'] = 11
    (results / 'zoo' / f'{name}.json').write_text(json.dumps(cost))
    found = zoo.benchmark_trainings()[f'{name}.py']
    assert found['conditions'] == f'{said}; an earlier form of the network'


def test_name_without_a_data_set_is_refused(zoo):
    with pytest.raises(SystemExit, match='x_voc.py ends in none of coco, '):
        zoo.dataset_of(Path('x_voc.py'))


def test_folder_without_a_collection_is_refused(zoo):
    with pytest.raises(SystemExit, match='configs/none/metafile.yml must hold one'):
        zoo.read_collection('none')
