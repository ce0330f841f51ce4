import onnx
import pytest

from mmdet_sodgan.cli.main import main


def test_missing_folder_is_named_before_the_work(tmp_path):
    out = tmp_path / 'none' / 'model.onnx'
    with pytest.raises(SystemExit, match='no folder .*none'):
        main(['export', 'none.py', 'none.pth', '--out', str(out)])


def test_detector_is_exported_and_compared(write_detector, tmp_path, capsys):
    out = tmp_path / 'model.onnx'
    main(['export', *write_detector('plain'), '--out', str(out)])
    assert 'detections agree within' in capsys.readouterr().out
    assert [x.name for x in onnx.load(out).graph.input] == ['images']


def test_detector_that_cannot_be_exported_ends_in_one_sentence(
    write_detector, tmp_path
):
    out = tmp_path / 'model.onnx'
    with pytest.raises(SystemExit, match='RoISODGAN') as caught:
        main(['export', *write_detector('roi'), '--out', str(out)])
    assert len(caught.value.code.splitlines()) == 1
    assert not out.exists()
