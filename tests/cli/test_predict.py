from pathlib import Path

import pytest

from mmdet_sodgan.apis import predict_files, predictor
from mmdet_sodgan.cli.main import main
from mmdet_sodgan.cli.predict import split_paths
from mmdet_sodgan.utils import keep_memory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The arguments by which a predictor is made and files are predicted."""
    calls, failures = {}, []

    class FakePredictor:
        def __init__(self, *args, **kwargs):
            calls.update(args=args, **kwargs)

    def fake_files(predictor, sources, out_dir, **kwargs):
        calls.update(sources=list(sources), out_dir=out_dir, **kwargs)
        kwargs['progress']()
        return failures

    monkeypatch.setattr(predictor, 'Predictor', FakePredictor)
    monkeypatch.setattr(predict_files, 'predict_files', fake_files)
    monkeypatch.setattr(
        keep_memory,
        'keep_freed_memory',
        lambda: calls.update(kept='args' not in calls),
    )
    monkeypatch.chdir(tmp_path)
    for name in ('a.png', 'b.png'):
        (tmp_path / name).touch()
    calls['failures'] = failures
    return calls


def test_arguments_reach_the_predictor(asked):
    main(
        [
            *('predict', 'a.png', 'b.png', 'c.py', 'w.pth', '--slice', '640'),
            *('--overlap', '0.5', '--device', 'cpu', '--native', '--no-save-vis'),
            *('--max-pixels', '99', '--batch-size', '3', '--score-thr', '0.1'),
            *('--cfg-options', 'model.x=1', '--out-dir', 'o'),
        ]
    )
    assert asked['args'] == ('c.py', 'w.pth') and asked['sources'] == ['a.png', 'b.png']
    expected = dict(
        device='cpu',
        native=True,
        cfg_options={'model.x': 1},
        slice_side=640,
        overlap=0.5,
        max_pixels=99,
        out_dir='o',
        score_thr=0.1,
        batch_size=3,
        pictures=False,
    )
    assert {key: asked[key] for key in expected} == expected
    # Before the predictor was made.
    assert asked['kept']


def test_defaults_are_those_of_mmdet(asked, capsys):
    main(['predict', 'a.png', 'c.py', 'w.pth'])
    expected = dict(score_thr=0.3, batch_size=1, out_dir='outputs', device=None)
    assert {key: asked[key] for key in expected} == expected
    assert asked['slice_side'] is None and asked['pictures'] and not asked['native']
    assert 'The results are in outputs.' in capsys.readouterr().out


@pytest.mark.parametrize('paths', [('boards', 'a.png'), ('a.png', 'boards')])
def test_weights_may_be_named_first_or_last(asked, monkeypatch, tmp_path, paths):
    monkeypatch.setenv('SODGAN_WEIGHTS', str(tmp_path / 'shelf'))
    (tmp_path / 'shelf').mkdir()
    with pytest.raises(SystemExit, match='which has no boards.pth'):
        main(['predict', *paths])
    (tmp_path / 'shelf' / 'boards.pth').touch()
    main(['predict', *paths])
    assert asked['args'] == (None, str(tmp_path / 'shelf' / 'boards.pth'))
    assert asked['sources'] == ['a.png']


@pytest.mark.parametrize(
    ('paths', 'args'),
    [
        # A pattern is no checkpoint, and neither is an image that is not there.
        (['boards', '*.png'], (['*.png'], None, 'boards')),
        (['boards', 'no.png'], (['no.png'], None, 'boards')),
        (['boards', 'a.png', 'c.py'], (['a.png'], 'c.py', 'boards')),
        # Not the name of weights, but a folder that is not there.
        (['folder', 'w.pth'], (['folder'], None, 'w.pth')),
    ],
)
def test_first_word_is_the_name_where_the_last_is_no_checkpoint(paths, args):
    assert split_paths(paths) == args


def test_default_folder_is_numbered_where_it_holds_files(asked, capsys):
    Path('outputs').mkdir()
    main(['predict', 'a.png', 'c.py', 'w.pth'])
    assert asked['out_dir'] == 'outputs'
    for folder, following in (('outputs', 'outputs2'), ('outputs2', 'outputs3')):
        Path(folder, 'old.csv').touch()
        main(['predict', 'a.png', 'c.py', 'w.pth'])
        assert asked['out_dir'] == following
    assert 'The results are in outputs3.' in capsys.readouterr().out
    main(['predict', 'a.png', 'c.py', 'w.pth', '--out-dir', 'outputs'])
    assert asked['out_dir'] == 'outputs'


def test_files_of_a_folder_that_are_skipped_are_named(asked, capsys):
    for name in ('c.heic', 'notes.txt', '.hidden'):
        Path(name).touch()
    main(['predict', '.', 'c.py', 'w.pth'])
    assert asked['sources'] == ['a.png', 'b.png']
    assert (
        '2 files are skipped, as their suffix is of no image or video: c.heic, '
        'notes.txt.'
    ) in capsys.readouterr().err


def test_failures_end_the_command_in_one_sentence_with_names(asked):
    asked['failures'].extend(
        (f'{n}.png', f'{n}.png cannot be read.') for n in 'abcdefg'
    )
    with pytest.raises(SystemExit) as caught:
        main(['predict', 'a.png', 'b.png', 'c.py', 'w.pth'])
    assert caught.value.code == (
        '7 of 2 inputs could not be predicted wholly, the results of the others are '
        'in outputs: a.png cannot be read; b.png cannot be read; c.png cannot be read; '
        'd.png cannot be read; e.png cannot be read; and 2 more, see failed.csv.'
    )


def test_input_that_is_not_there_is_named(asked):
    with pytest.raises(SystemExit, match='^none.png is no file, folder with images'):
        main(['predict', 'none.png', 'c.py', 'w.pth'])


def test_unwritable_folder_is_named(asked):
    with pytest.raises(SystemExit, match='The out_dir a.png/x cannot be .*--out-dir'):
        main(['predict', 'a.png', 'c.py', 'w.pth', '--out-dir', 'a.png/x'])


@pytest.mark.parametrize(
    'option',
    [
        *(('--batch-size', '0'), ('--overlap', '1'), ('--slice', '-5')),
        *(('--score-thr', '1.1'), ('--score-thr', '-0.1'), ('--score-thr', 'nan')),
    ],
)
def test_numbers_out_of_range_are_refused(asked, capsys, option):
    with pytest.raises(SystemExit):
        main(['predict', 'a.png', 'c.py', 'w.pth', *option])
    assert f'argument {option[0]}: {option[1]} is ' in capsys.readouterr().err


@pytest.mark.parametrize('command', ['predict', 'train', 'test', 'eval'])
def test_help_has_examples(capsys, command):
    with pytest.raises(SystemExit):
        main([command, '--help'])
    assert f'examples:\n  sodgan {command} ' in capsys.readouterr().out


@pytest.mark.parametrize(
    'words, args',
    [
        (['a.png', 'w.pth'], (None, 'w.pth')),
        (['a.png', 'c.yaml', 'w.safetensors'], ('c.yaml', 'w.safetensors')),
    ],
)
def test_config_is_known_by_its_suffix(asked, words, args):
    main(['predict', *words])
    assert asked['args'] == args and asked['sources'] == ['a.png']


@pytest.mark.parametrize(
    'words, missing',
    [
        (['a.png'], 'an input'),
        (['c.py', 'w.pth'], 'an input'),
        (['a.png', 'c.py'], 'a checkpoint'),
    ],
)
def test_what_is_missing_is_a_usage_error(asked, capsys, words, missing):
    with pytest.raises(SystemExit) as caught:
        main(['predict', *words])
    assert caught.value.code == 2
    assert f'{missing} is missing' in capsys.readouterr().err
