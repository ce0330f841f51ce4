import os

from mmengine.fileio import get_file_backend, put, put_text


def test_backend_of_the_name_writes_by_way_of_another_file(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        os, 'fsync', lambda file: seen.append(os.readlink(f'/proc/self/fd/{file}'))
    )
    path = tmp_path / 'new' / 'file'
    chosen = dict(backend='atomic_local')
    put(b'data', str(path), backend_args=chosen)
    assert path.read_bytes() == b'data' and f'{path}.tmp' in seen
    put_text('text', str(path), backend_args=chosen)
    assert path.read_text() == 'text'
    assert get_file_backend(path, backend_args=chosen).get(path) == b'text'
    assert os.listdir(path.parent) == ['file']
