import argparse

import pytest

from mmdet_sodgan import apis, apps
from mmdet_sodgan.apps.web.size_table import EVERY_SIZE
from mmdet_sodgan.cli import web
from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS


@pytest.fixture
def loaded(monkeypatch):
    """Files and options of the detectors that the command loads."""
    calls = []
    monkeypatch.setattr(
        apis, 'Predictor', lambda *files, **options: calls.append((files, options))
    )
    return calls


@pytest.fixture
def pages(monkeypatch):
    """Arguments of the page that the command builds, and of its serving."""
    made = []

    class Page:
        def __init__(self, *args):
            made.append(args)

        def serve(self, *args):
            made.append(args)

    monkeypatch.setattr(apps.web, 'ComparisonPage', Page)
    return made


def run(*arguments):
    parser = argparse.ArgumentParser()
    web.add_arguments(parser)
    web.main(parser.parse_args(arguments))


BOTH = ('--baseline', 'lr.py', 'lr.pth', '--sodgan', 'cfg/gan.py', 'gan.pth')


def test_models_are_named_by_config_or_third_word(loaded, pages):
    run(*BOTH, '--baseline', 'hr.py', 'hr.pth', 'HR oracle')
    (baselines, sodgans, buckets, score_thr), address = pages
    assert list(baselines) == ['lr', 'HR oracle'] and list(sodgans) == ['gan']
    assert [files for files, _ in loaded] == [
        ('lr.py', 'lr.pth'),
        ('hr.py', 'hr.pth'),
        ('cfg/gan.py', 'gan.pth'),
    ]
    assert buckets is EVERY_SIZE and score_thr == 0.3
    assert address == ('127.0.0.1', 7860)


def test_options_reach_detectors_and_page(loaded, pages):
    options = ['--native', '--device', 'cpu', '--max-pixels', '99', '--port', '80']
    run(*BOTH, *options, '--size-buckets', 'aitod', '--host', '0.0.0.0')
    expected = dict(native=True, device='cpu', max_pixels=99)
    assert [given for _, given in loaded] == [expected, expected]
    assert pages[0][2] == PRESETS['aitod'] and pages[1] == ('0.0.0.0', 80)


@pytest.mark.parametrize(
    ('extra', 'message'),
    [
        (['--baseline', 'only.py'], 'a config, a checkpoint and perhaps a name'),
        (['--sodgan', 'other/gan.py', 'b.pth'], 'two models are named gan'),
    ],
)
def test_wrong_models_are_refused_in_one_sentence(extra, message, loaded, pages):
    with pytest.raises(SystemExit, match=message) as caught:
        run(*BOTH, *extra)
    assert len(caught.value.code.splitlines()) == 1 and not pages


@pytest.mark.parametrize('score_thr', ['30', 'nan'])
def test_score_that_is_none_is_refused(score_thr, loaded, pages, capsys):
    with pytest.raises(SystemExit):
        run(*BOTH, '--score-thr', score_thr)
    assert f'--score-thr: {score_thr} is not in [0, 1]' in capsys.readouterr().err
    assert not loaded


def test_missing_config_is_named(pages):
    with pytest.raises(SystemExit, match='no config lr.py'):
        run(*BOTH)
