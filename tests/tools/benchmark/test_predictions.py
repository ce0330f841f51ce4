import json
import mmap
import os

import numpy as np
import pytest


@pytest.fixture
def predictions(benchmark_tool):
    return benchmark_tool('predictions')


def test_requests_leave_no_open_file(
    benchmark_tool, predictions, narrow, tmp_path, monkeypatch
):
    monkeypatch.setattr(predictions, 'VIDEO', 20)
    out, figure = tmp_path / 'soak.json', tmp_path / 'soak.png'
    words = ['predictions', narrow['sodgan'], '--threads', '1', '--requests', '28']
    files = ['--out', str(out), '--figure', str(figure)]
    benchmark_tool('measure').main([*words, *files])
    result = json.loads(out.read_text())
    assert [x['request'] for x in result['samples']] == list(range(1, 29))
    assert min(x['rss_kib'] for x in result['samples']) > 100_000
    assert result['growth']['open_files'] == 0
    assert {'commit', 'hardware', 'torch', 'command'} <= result.keys()
    assert figure.stat().st_size > 0


def test_leak_of_files_is_found_written_and_ends_with_an_error(
    benchmark_tool, predictions, narrow, tmp_path, monkeypatch
):
    left = []
    monkeypatch.setattr(predictions, 'make_predictor', lambda *_: None)
    monkeypatch.setattr(
        predictions, 'ask', lambda *_: left.append(os.open('/dev/null', 0))
    )
    words = ['predictions', narrow['sodgan'], '--threads', '1', '--requests', '24']
    out = tmp_path / 'soak.json'
    try:
        # 12 requests lie between the middles of the second and the last quarter.
        with pytest.raises(SystemExit, match='^Open files grew by 12.$'):
            files = ['--out', str(out), '--figure', str(tmp_path / 'soak.png')]
            benchmark_tool('measure').main([*words, *files])
    finally:
        for handle in left:
            os.close(handle)
    assert json.loads(out.read_text())['leaks'] == ['Open files grew by 12.']


def test_leak_of_memory_is_found_and_flat_figures_are_none(predictions):
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


def test_broken_file_that_is_predicted_is_told(predictions):
    rng, files = np.random.default_rng(0), dict(broken=['x.png'])
    with pytest.raises(RuntimeError, match='x.png was predicted, and is broken'):
        predictions.ask(lambda path: None, files, predictions.BROKEN, rng)


def test_sides_in_the_wrong_order_are_refused(benchmark_tool, narrow):
    words = ['predictions', narrow['lr'], '--threads', '1', '--sides', '96', '32']
    with pytest.raises(SystemExit, match='--sides: give MIN first'):
        benchmark_tool('measure').main(words)
