import json

import pytest
import torch
from mmdet.registry import MODELS

from mmdet_sodgan.cli.main import main
from mmdet_sodgan.datasets.synthetic import generate


def test_folder_that_is_no_work_dir_ends_in_one_sentence(tmp_path):
    with pytest.raises(SystemExit, match=f'^{tmp_path} is no work_dir, .*wrote to.$'):
        main(['report', str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tested(sodgan_cfg, tmp_path):
    """A work_dir with a checkpoint and no detections."""
    root = tmp_path / 'data'
    generate(root, 1, 3, image_size=(128, 128))
    cfg = sodgan_cfg(
        {
            'test_dataloader.num_workers': 0,
            'test_dataloader.dataset.data_root': f'{root}/',
            'test_evaluator.ann_file': f'{root}/annotations/val.json',
            'log_level': 'ERROR',
        }
    )
    cfg.experiment_name = tmp_path.name
    folder = tmp_path / 'run'
    folder.mkdir()
    cfg.dump(folder / 'my_config.py')
    model = MODELS.build(cfg.model)
    # Something is detected everywhere.
    model.roi_head.bbox_head.fc_cls.bias.data[0] = 3.0
    torch.save(dict(state_dict=model.state_dict()), folder / 'epoch_1.pth')
    return folder


def test_last_checkpoint_is_tested_where_there_are_no_detections(tested, capsys):
    main(['report', str(tested), '--out', str(tested / 'new/page.html')])
    assert capsys.readouterr().out.splitlines()[-1] == str(tested / 'new/page.html')
    page = (tested / 'new/page.html').read_text()
    found = json.loads((tested / 'report/epoch_1.bbox.json').read_text())
    assert len(found) > 3
    assert 'epoch_1.bbox.json' in page and 'could not be tested' not in page


def test_file_that_was_asked_for_and_is_not_there_is_an_error(tested):
    with pytest.raises(SystemExit, match='absent.json cannot be read as JSON'):
        main(['report', str(tested), '--detections', 'absent.json'])
    with pytest.raises(SystemExit, match='absent.pth could not be tested'):
        main(['report', str(tested), '--checkpoint', 'absent.pth'])
