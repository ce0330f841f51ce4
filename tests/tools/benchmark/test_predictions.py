import json
import mmap
import os

import pytest


@pytest.fixture
def soak(benchmark_tool):
    return benchmark_tool('soak')


@pytest.fixture
def predictor(benchmark_tool, narrow, tmp_path):
    requests = benchmark_tool('soak_requests')
    return requests.make_predictor(narrow['sodgan'], 'cpu', tmp_path)


def test_sixty_requests_leave_no_open_file(soak, predictor):
    samples = soak.soak(predictor, 60, seed=0)
    assert [sample['request'] for sample in samples] == list(range(1, 61))
    assert soak.growth(samples)['open_files'] == 0
    assert min(sample['rss_kib'] for sample in samples) > 100_000


def test_sides_in_the_wrong_order_are_refused(soak, capsys):
    with pytest.raises(SystemExit):
        soak.parse_args(['config.py', '--sides', '96', '32'])
    assert '--sides: give MIN first' in capsys.readouterr().err


def test_leak_of_files_is_found(soak, predictor):
    left = []
    try:
        samples = soak.soak(
            predictor, 24, seed=0, after=lambda: left.append(os.open('/dev/null', 0))
        )
    finally:
        for handle in left:
            os.close(handle)
    # 12 requests lie between the middles of the second and the last quarter.
    assert soak.growth(samples)['open_files'] == 12
    assert 'Open files grew by 12.' in soak.leaks(samples)


def test_leak_of_memory_is_found(soak, predictor):
    left = []

    def leak():
        # Not from the heap, where memory that was freed before may lie.
        left.append(mmap.mmap(-1, 2**22))
        left[-1].write(bytes(2**22))

    samples = soak.soak(predictor, 24, seed=0, after=leak)
    assert any(text.startswith('Memory grew by ') for text in soak.leaks(samples))


def test_flat_figures_are_no_leak(soak):
    samples = [dict(request=n, rss_kib=9000 + n % 3, open_files=7) for n in range(40)]
    assert soak.leaks(samples) == []


def test_broken_file_that_is_predicted_is_told(soak, benchmark_tool):
    requests = benchmark_tool('soak_requests')
    rng = requests.np.random.default_rng(0)
    with pytest.raises(RuntimeError, match='x.png was predicted, and is broken'):
        requests.ask(lambda path: None, dict(broken=['x.png']), requests.BROKEN, rng)


def test_result_is_written_and_drawn(soak, monkeypatch, narrow, tmp_path):
    monkeypatch.setattr(soak, 'make_predictor', lambda *_: None)
    grown = [dict(request=n, rss_kib=9000, open_files=n) for n in range(1, 9)]
    monkeypatch.setattr(soak, 'soak', lambda *_: grown)
    out, figure = tmp_path / 'soak.json', tmp_path / 'soak.png'
    arguments = [narrow['sodgan'], '--threads', '1', '--requests', '8']
    with pytest.raises(SystemExit, match='^Open files grew by 4.$'):
        soak.main([*arguments, '--out', str(out), '--figure', str(figure)])
    result = json.loads(out.read_text())
    assert result['samples'] == grown and result['leaks'] == ['Open files grew by 4.']
    assert {'commit', 'hardware', 'torch', 'command'} <= result.keys()
    assert figure.stat().st_size > 0
