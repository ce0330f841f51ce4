import argparse
import os

import pytest

from mmdet_sodgan.cli.arguments import add_run_arguments, check_writable, load_config


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with a config of one key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    (tmp_path / 'some.py').write_text('train_cfg = dict(max_epochs=12)')
    return tmp_path


def load(*arguments):
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    return load_config(parser.parse_args(['some.py', *arguments]))


def test_work_dir_is_named_after_the_config(folder):
    assert load().work_dir == os.path.join('work_dirs', 'some')
    assert (folder / 'work_dirs' / 'some').is_dir()


def test_work_dir_of_the_command_line_wins_over_the_config(folder):
    (folder / 'some.py').write_text('work_dir = "from_config"')
    assert load().work_dir == 'from_config'
    assert load('--work-dir', 'from_command').work_dir == 'from_command'


def test_missing_config_and_a_wrong_option_are_told_in_one_sentence(folder, capsys):
    (folder / 'some.py').unlink()
    with pytest.raises(SystemExit, match='^There is no config some.py: correct the p'):
        load()
    with pytest.raises(SystemExit):
        load('--cfg-options', 'x=1', 'nonsense')
    assert capsys.readouterr().err.endswith('nonsense is not KEY=VALUE\n')


@pytest.mark.parametrize('flag', ['--local_rank', '--local-rank'])
def test_both_spellings_of_the_local_rank_reach_the_environment(
    folder, monkeypatch, flag
):
    monkeypatch.setenv('LOCAL_RANK', 'unset')
    monkeypatch.delenv('LOCAL_RANK')
    load(f'{flag}=1')
    assert os.environ['LOCAL_RANK'] == '1'


def test_check_of_the_work_dir_leaves_nothing_in_it(tmp_path):
    check_writable(str(tmp_path / 'new'))
    assert list((tmp_path / 'new').iterdir()) == []
