import json

from mmengine.config import Config

from mmdet_sodgan.apps.report.ground_truth import read_ground_truth
from mmdet_sodgan.datasets import SyntheticSmallObjectDataset


def test_classes_are_those_of_the_data_set_where_the_config_names_none(tmp_path):
    known = SyntheticSmallObjectDataset.METAINFO['classes'][0]
    categories = [dict(id=1, name='other'), dict(id=2, name=known)]
    images = [dict(id=1, file_name='a.png', width=9, height=9)]
    content = dict(images=images, annotations=[], categories=categories)
    (tmp_path / 'test.json').write_text(json.dumps(content))
    dataset = dict(
        type='SyntheticSmallObjectDataset',
        data_root=str(tmp_path),
        ann_file='test.json',
    )
    config = Config(dict(test_dataloader=dict(dataset=dataset)))
    assert read_ground_truth(config).classes == {2: known}
    dataset['metainfo'] = dict(classes=('other',))
    config = Config(dict(test_dataloader=dict(dataset=dataset)))
    assert read_ground_truth(config).classes == {1: 'other'}
