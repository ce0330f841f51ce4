import os
import socket

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmdet_sodgan.apps.web import ComparisonPage
from mmdet_sodgan.apps.web import page as page_module
from mmdet_sodgan.utils import extras

pytest.importorskip('gradio')
httpx = pytest.importorskip('httpx')  # a requirement of Gradio


class Detector:
    """Finds the same in each image of 50 x 40 px and counts its calls."""

    classes = ('dot', 'ring')

    def __init__(self, *sides):
        self.sides, self.calls = sides, 0

    def load(self, path):
        if 'bad' in path:
            raise ValueError(f'{path} cannot be read: it is <no> image.')
        return np.zeros((40, 50, 3), np.uint8)

    def __call__(self, image):
        self.calls += 1
        number = len(self.sides)
        boxes = torch.tensor([[1.0, 1, 1 + side, 1 + side] for side in self.sides])
        found = InstanceData(
            bboxes=boxes.reshape(-1, 4),
            scores=torch.linspace(0.2, 0.8, number),
            labels=torch.arange(number) % 2,
        )
        return DetDataSample(pred_instances=found)


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


@pytest.fixture
def detectors():
    return dict(plain=Detector(6), other=Detector()), dict(plain=Detector(4, 10, 20))


@pytest.fixture
def page(detectors):
    return ComparisonPage(*detectors)


def totals(table):
    """The last row of the table."""
    row = table.split('<tr')[-1]
    return [int(cell.split('<')[0]) for cell in row.split('<td>')[-2:]]


def test_chosen_detectors_are_shown_side_by_side(page):
    comparison, error = page.detect('x.png', 'other', 'plain')
    first, second, table = page.show(comparison, 0, False)
    assert error == ''
    assert first['label'] == 'other: 0 found' and second['label'] == 'plain: 3 found'
    # Enlarged 20 times; nothing was found in the first, which stays black.
    assert first['value'].shape == second['value'].shape == (800, 1000, 3)
    assert not first['value'].any() and second['value'].any()
    assert totals(table) == [0, 3]


def test_boxes_are_drawn_where_they_are_in_the_enlarged_picture(page):
    comparison, _ = page.detect('x.png', 'plain', 'plain')
    first, *_ = page.show(comparison, 0, False)
    rows, columns = first['value'].any(axis=2).nonzero()
    assert (rows.min(), rows.max()) == (columns.min(), columns.max()) == (20, 140)


def test_threshold_draws_and_counts_without_a_detector(page, detectors):
    comparison, _ = page.detect('x.png', 'plain', 'plain')
    models = [*detectors[0].values(), *detectors[1].values()]
    before = [model.calls for model in models]
    assert before == [1, 0, 1]
    for score_thr, expected in ((0.1, [1, 3]), (0.3, [0, 2]), (0.9, [0, 0])):
        _, second, table = page.show(comparison, score_thr, False)
        assert totals(table) == expected
        assert second['label'] == f'plain: {expected[1]} found'
    assert [model.calls for model in models] == before


def test_texts_are_drawn_where_they_are_asked_for(page):
    comparison, _ = page.detect('x.png', 'plain', 'plain')
    plain, named = (page.show(comparison, 0, texts)[0]['value'] for texts in (0, 1))
    assert (plain != named).any()


def test_missing_image_is_one_sentence_and_leaves_nothing_from_before(page):
    comparison, error = page.detect(None, 'plain', 'plain')
    first, second, table = page.show(comparison, 0, False)
    assert 'There is no image' in error and error.count('.') == 1
    assert comparison is first['value'] is second['value'] is None and table == ''


def test_unreadable_image_is_named_without_folder_and_html(page):
    path = '/somewhere/else/bad.png'
    comparison, error = page.detect(path, 'plain', 'plain')
    assert comparison is None and '/somewhere' not in error
    assert '>bad.png cannot be read: it is &lt;no&gt; image.<' in error


def test_telemetry_is_off(page):
    assert not page.build().analytics_enabled
    assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False'
    assert os.environ['HF_HUB_OFFLINE'] == '1'


def test_events_are_no_public_interface(page):
    assert page.build().get_api_info()['named_endpoints'] == {}


def test_file_that_is_too_large_is_not_taken(page, monkeypatch):
    # A page that is served, until the thread would be kept.
    monkeypatch.setattr(page_module, 'MAX_FILE_SIZE', 1000)
    codes = {}

    def upload(blocks):
        for size in (500, 5000):
            files = dict(files=('a.png', bytes(size)))
            address = f'{blocks.local_url}gradio_api/upload'
            codes[size] = httpx.post(address, files=files, trust_env=False).status_code
        blocks.close(verbose=False)

    monkeypatch.setattr(type(page.build()), 'block_thread', upload)
    page.serve(port=free_port())
    assert codes == {500: 200, 5000: 413}


def test_port_in_use_is_named_in_one_sentence(page):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f'served at 127.0.0.1:{port}'):
            page.serve(port=port)


def test_missing_gradio_names_the_extra(detectors, monkeypatch):
    def missing(module):
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(extras.importlib, 'import_module', missing)
    with pytest.raises(SystemExit, match=r'mmdet_sodgan\[web\]'):
        ComparisonPage(*detectors)
