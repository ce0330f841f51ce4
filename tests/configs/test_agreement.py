import json
from pathlib import Path

from mmdet.registry import MODELS

from mmdet_sodgan.apis.checks import check_agreement
from mmdet_sodgan.apis.checks.stage import find_ann_file
from mmdet_sodgan.datasets.class_names import find_class_names, unwrap_datasets


def write_annotations(dataset):
    """Write an annotation file of one image where the config has its own."""
    path = Path(find_ann_file(dataset))
    path.parent.mkdir(parents=True, exist_ok=True)
    names = find_class_names(dataset)
    coco = dict(
        images=[dict(id=1, file_name='a.png', width=64, height=64)],
        annotations=[],
        categories=[dict(id=i, name=name) for i, name in enumerate(names)],
    )
    path.write_text(json.dumps(coco))


def test_parts_of_the_config_agree(load, runnable, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = load(runnable, narrow=True)
    for stage in ('val', 'test'):
        for dataset in unwrap_datasets(cfg[f'{stage}_dataloader'].dataset):
            write_annotations(dataset)
    assert check_agreement(cfg, MODELS.build(cfg.model)) == []
