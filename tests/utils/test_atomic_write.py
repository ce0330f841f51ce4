import os
import resource
import signal
import subprocess

import pytest

from mmdet_sodgan.utils.atomic_write import DiskFullError, write_atomically
from mmdet_sodgan.utils.errors import UserError


def test_contents_are_written_and_replaced(tmp_path):
    for data in (b'first', b'second'):
        write_atomically(tmp_path / 'file', data)
        assert (tmp_path / 'file').read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ['file']


def test_name_stands_for_the_old_contents_until_the_new_ones_are_on_the_disk(
    tmp_path, monkeypatch
):
    path = tmp_path / 'file'
    path.write_bytes(b'old')
    seen = []

    def fsync(descriptor):
        name = os.readlink(f'/proc/self/fd/{descriptor}')
        seen.append((os.path.basename(name), path.read_bytes()))

    monkeypatch.setattr(os, 'fsync', fsync)
    write_atomically(path, b'new')
    assert seen == [('file.tmp', b'old'), (tmp_path.name, b'new')]


def assert_refused(path, size):
    before = path.read_bytes()
    with pytest.raises(DiskFullError) as refused:
        write_atomically(path, b'x' * size)
    message = str(refused.value)
    assert str(path) in message and f'needs {size:,} bytes' in message
    assert 'free; make room or name another folder' in message
    # One sentence for the console.
    assert isinstance(refused.value, UserError) and '\n' not in message
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_full_disk_is_one_sentence_and_keeps_the_old_file(tmp_path):
    disk = tmp_path / 'disk'
    disk.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f'a small disk cannot be mounted here: {mounted.stderr.strip()}')
    try:
        write_atomically(disk / 'epoch_1.pth', b'earlier')
        assert_refused(disk / 'epoch_1.pth', 2**21)
    finally:
        subprocess.run(['umount', str(disk)], check=True)


def test_limit_of_the_file_size_is_one_sentence_and_keeps_the_old_file(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    write_atomically(path, b'earlier')
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        assert_refused(path, 2**21)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_other_errors_are_not_called_a_full_disk(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / 'missing' / 'file', b'x')


def test_killed_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / 'file'
    path.write_bytes(b'old')
    pid = os.fork()
    if pid == 0:
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        write_atomically(path, b'new')
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert path.read_bytes() == b'old'
    assert (tmp_path / 'file.tmp').exists()
    write_atomically(path, b'new')
    assert [p.name for p in tmp_path.iterdir()] == ['file']
