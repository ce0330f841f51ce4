import pytest

from mmdet_sodgan.cli.main import main


def test_sizes_before_and_after_are_printed(write_detector, tmp_path, capsys):
    files = write_detector('sodgan')
    main(['publish', *files, '--out-dir', str(tmp_path), '--name', 'boards'])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4].startswith(f'{files[1]}: ') and lines[-4].endswith(' MB')
    assert 'without discriminator, hr_branch' in lines[-3]
    assert {x.suffix for x in tmp_path.iterdir()} == {'.pth', '.safetensors'}


def test_missing_checkpoint_is_named(write_detector, tmp_path):
    config, _ = write_detector('sodgan')
    with pytest.raises(SystemExit, match='no checkpoint file none.pth'):
        main(['publish', config, 'none.pth', '--out-dir', str(tmp_path)])
