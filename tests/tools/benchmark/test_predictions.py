import json
import mmap
import os

import numpy as np
import pytest

from tools.benchmark import predictions


def test_requests_leave_no_open_file(measure, tmp_path, monkeypatch):
    monkeypatch.setattr(predictions, 'VIDEO', 20)
    figure = tmp_path / 'soak.png'
    options = ('--requests', 28, '--figure', figure)
    result = measure('predictions', 'sodgan', *options)
    assert [x['request'] for x in result['samples']] == list(range(1, 29))
    assert min(x['rss_kib'] for x in result['samples']) > 100_000
    assert result['growth']['open_files'] == 0
    assert figure.stat().st_size > 0


def test_leak_of_files_is_found_written_and_ends_with_an_error(
    measure, tmp_path, monkeypatch
):
    left = []
    monkeypatch.setattr(predictions, 'make_predictor', lambda *_: None)
    monkeypatch.setattr(
        predictions, 'ask', lambda *_: left.append(os.open('/dev/null', 0))
    )
    options = ('--requests', 24, '--figure', tmp_path / 'soak.png')
    try:
        # 12 requests lie between the middles of the second and the last quarter.
        with pytest.raises(SystemExit, match='^Open files grew by 12.$'):
            measure('predictions', 'sodgan', *options)
    finally:
        for handle in left:
            os.close(handle)
    result = json.loads((tmp_path / 'new' / 'result.json').read_text())
    assert result['leaks'] == ['Open files grew by 12.']


def test_leak_of_memory_is_found_and_flat_figures_are_none():
    left = []

    def leak(number):
        # Not from the heap, where memory that was freed before may lie.
        left.append(mmap.mmap(-1, 2**22))
        left[-1].write(bytes(2**22))

    for step, expected in ((leak, ['Memory grew by ']), (lambda number: None, [])):
        watch = predictions.growth.Watch('request', 1, 1)
        for number in range(1, 25):
            step(number)
            watch(number)
        _, leaks = predictions.judge(watch.samples)
        assert [text[:15] for text in leaks] == expected


def test_broken_file_that_is_predicted_is_told():
    rng, files = np.random.default_rng(0), dict(broken=['x.png'])
    with pytest.raises(RuntimeError, match='x.png was predicted, and is broken'):
        predictions.ask(lambda path: None, files, predictions.BROKEN, rng)


def test_sides_in_the_wrong_order_are_refused(measure):
    with pytest.raises(SystemExit, match='--sides: give MIN first'):
        measure('predictions', 'lr', '--sides', 96, 32)
