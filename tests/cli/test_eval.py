import json

import pytest
from mmengine.logging import MMLogger

from mmdet_sodgan.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Ground truth of one box of 20 px, and a folder of perfect predictions."""
    monkeypatch.chdir(tmp_path)
    box = [10, 10, 20, 20]
    image = dict(id=5, file_name='a.png', width=100, height=80)
    annotation = dict(id=1, image_id=5, category_id=1, bbox=box, area=400, iscrowd=0)
    categories = [dict(id=1, name='dog')]
    truth = dict(images=[image], annotations=[annotation], categories=categories)
    found = [dict(image_id=1, category_id=1, bbox=box, score=0.5)]
    info = dict(images=[image | dict(id=1)], categories=categories)
    (tmp_path / 'out').mkdir()
    for name, content in (
        ('truth.json', truth),
        ('out/detections.json', found),
        ('out/images.json', info),
    ):
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def test_table_is_printed_and_written_beside_the_detections(
    folder, capsys, caplog, monkeypatch
):
    # The logger of an earlier test writes to that one's output.
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'handlers', [caplog.handler])
    options = ('--size-buckets', '0', '16', '32', '--classwise')
    main(['eval', 'truth.json', 'out/detections.json', *options])
    report = json.loads((folder / 'out' / 'bbox_size.json').read_text())
    assert [bucket['name'] for bucket in report['buckets']] == ['0_16', '16_32']
    assert [bucket['num_gt'] for bucket in report['buckets']] == [0, 1]
    assert report['buckets'][1]['per_class']['dog']['AP'] == pytest.approx(1)
    assert '| 16_32  | [16, 32) ' in caplog.text
    printed = capsys.readouterr().out
    assert '0 images of truth.json have no prediction, 0 that were' in printed


def test_list_of_the_images_can_lie_elsewhere(folder):
    (folder / 'out' / 'images.json').rename(folder / 'list.json')
    arguments = ['eval', 'truth.json', 'out/detections.json', '--out-dir', 'new']
    with pytest.raises(SystemExit, match='has image_id 1, which truth.json does not'):
        main(arguments)
    main([*arguments, '--images', 'list.json', '--size-buckets', 'aitod'])
    assert json.loads((folder / 'new' / 'bbox_size.json').read_text())['preset'] == (
        'aitod'
    )


@pytest.mark.parametrize(
    'arguments, message',
    [
        (('none.json', 'out/detections.json'), 'none.json'),
        (('truth.json', 'none.json'), 'none.json cannot be read as JSON'),
        (
            ('truth.json', 'out/detections.json', '--size-buckets', 'nobody'),
            "unknown preset 'nobody'",
        ),
    ],
)
def test_what_cannot_be_used_ends_in_one_sentence(folder, arguments, message):
    with pytest.raises(SystemExit, match=message) as caught:
        main(['eval', *arguments])
    assert len(caught.value.code.splitlines()) == 1
