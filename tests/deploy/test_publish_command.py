import pytest

from mmdet_sodgan.cli.main import main


def test_sizes_before_and_after_are_printed(write_detector, tmp_path, capsys):
    config, checkpoint = write_detector('sodgan')
    main(
        ['publish', config, checkpoint, '--out-dir', str(tmp_path), '--name', 'boards']
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4].startswith(f'{checkpoint}: ') and lines[-4].endswith(' MB')
    assert 'without discriminator, teacher' in lines[-3]
    assert {x.suffix for x in tmp_path.iterdir()} == {'.pth', '.safetensors'}


@pytest.mark.parametrize(
    ('config', 'message'),
    [('none.py', 'There is no config none.py'), (None, 'no checkpoint file none.pth')],
)
def test_missing_file_is_named(tmp_path, write_detector, config, message):
    config = config or write_detector('plain')[0]
    with pytest.raises(SystemExit, match=message):
        main(['publish', config, 'none.pth', '--out-dir', str(tmp_path)])
