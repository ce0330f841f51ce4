import io
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import torch
from torch.utils import cpp_extension

from mmdet_sodgan.utils.compat import SUPPORTED, stack_name


def test_compiler_of_the_environment_is_not_replaced(build_mmcv, monkeypatch):
    monkeypatch.setenv('CXX', 'no-such-compiler -m64')
    with pytest.raises(SystemExit, match='none of no-such-compiler -m64 is here'):
        build_mmcv.find_compiler()


def test_flags_of_the_user_reach_header_and_sources(build_mmcv, monkeypatch):
    monkeypatch.setenv('CFLAGS', '-march=native "-DNAME=a b"')
    flags = build_mmcv.compiler_flags()
    assert flags[-2:] == ['-march=native', '-DNAME=a b']
    assert {'-DNDEBUG', '-g0', '-O2'} <= set(flags)


@pytest.mark.parametrize(
    'environment, gpu, cuda',
    [
        ({}, False, False),
        ({}, True, True),
        ({'FORCE_CUDA': '1'}, False, True),
        ({'FORCE_CUDA': '0'}, True, False),
        ({'TORCH_CUDA_ARCH_LIST': '9.0'}, False, True),
    ],
)
def test_cuda_is_compiled_where_there_is_a_gpu_or_it_is_asked_for(
    build_mmcv, monkeypatch, environment, gpu, cuda
):
    for name in ('FORCE_CUDA', 'TORCH_CUDA_ARCH_LIST'):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.version, 'cuda', '13.0')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    monkeypatch.setattr(cpp_extension, 'CUDA_HOME', '/usr/local/cuda')
    assert build_mmcv.wants_cuda() is cuda


@pytest.fixture
def no_nvcc(monkeypatch):
    """torch is for CUDA, there is a GPU, and no CUDA compiler."""
    for name in ('FORCE_CUDA', 'TORCH_CUDA_ARCH_LIST'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.version, 'cuda', '13.0')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(cpp_extension, 'CUDA_HOME', None)


@pytest.mark.parametrize(
    'name, value', [('FORCE_CUDA', '1'), ('TORCH_CUDA_ARCH_LIST', '9.0')]
)
def test_missing_cuda_compiler_that_is_asked_for_stops(
    build_mmcv, monkeypatch, no_nvcc, name, value
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match='toolkit 13.0 .*CUDA_HOME.*FORCE_CUDA=0'):
        build_mmcv.wants_cuda()


def test_gpu_without_cuda_compiler_gets_cpu_operators_and_a_warning(
    build_mmcv, no_nvcc, capsys
):
    assert build_mmcv.wants_cuda() is False
    printed = capsys.readouterr().err
    assert 'WARNING: mmcv gets its CPU operators alone' in printed
    assert 'toolkit 13.0' in printed and len(printed.splitlines()) == 1


def test_cpu_operators_that_are_asked_for_need_no_warning(
    build_mmcv, monkeypatch, no_nvcc, capsys
):
    monkeypatch.setenv('FORCE_CUDA', '0')
    assert build_mmcv.wants_cuda() is False
    assert capsys.readouterr().err == ''


@pytest.fixture
def key(build_mmcv, monkeypatch, tmp_path):
    """Folder of the wheels for given settings."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setattr(torch.version, 'cuda', '13.0')

    def make(version='2.13.0', cuda=True, architectures='9.0', gpus=()):
        monkeypatch.setattr(torch, '__version__', version)
        monkeypatch.setenv('TORCH_CUDA_ARCH_LIST', architectures)
        monkeypatch.setattr(torch.cuda, 'device_count', lambda: len(gpus))
        monkeypatch.setattr(torch.cuda, 'get_device_capability', gpus.__getitem__)
        folder = build_mmcv.cache_dir('mmcv==2.1.0', cuda)
        assert folder.parent == tmp_path / 'mmdet_sodgan' / 'wheels'
        return folder.name

    return make


def test_wheels_are_kept_apart_by_torch_and_by_cuda(key):
    versions = ('2.13.0', '2.13.0+cpu', '2.11.0')
    assert len({key(version, cuda) for version in versions for cuda in (0, 1)}) == 6


def test_cuda_wheels_are_kept_apart_by_architecture(key):
    keys = {key(architectures=a) for a in ('9.0', '8.0', '8.0;9.0+PTX', '9.0+PTX')}
    keys |= {key(architectures='', gpus=gpus) for gpus in ((), ((7, 5),))}
    assert len(keys) == 6
    assert key(architectures='8.0;9.0') == key(architectures='8.0 9.0')
    assert key(architectures='', gpus=((9, 0), (9, 0))) == key(architectures='9.0')
    assert key(cuda=False, architectures='9.0') == key(cuda=False, architectures='8.0')


def test_wheel_is_kept_whole(build_mmcv, tmp_path):
    wheel = tmp_path / 'a.whl'
    wheel.write_bytes(b'content')
    build_mmcv.keep(wheel, tmp_path / 'cache' / 'key')
    (kept,) = (tmp_path / 'cache' / 'key').iterdir()
    assert kept.name == 'a.whl' and kept.read_bytes() == b'content'


def test_cache_that_cannot_be_written_to_is_told(build_mmcv, tmp_path, capsys):
    wheel = tmp_path / 'a.whl'
    wheel.touch()
    build_mmcv.keep(wheel, wheel / 'cache')
    assert 'installed but could not be kept' in capsys.readouterr().out


def test_installed_operators_pass_the_probe(build_mmcv):
    assert build_mmcv.probe(cuda=torch.cuda.is_available()) is None


@pytest.fixture
def environment(tmp_path, build_mmcv, monkeypatch):
    """An empty environment that pip and the probe act on, with torch in sight."""
    folder = tmp_path / 'env'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', folder], check=True)
    python = folder / 'bin' / 'python'
    site = folder / 'lib' / f'python{sysconfig.get_python_version()}' / 'site-packages'
    (site / 'stack.pth').write_text(sysconfig.get_path('purelib'))
    monkeypatch.setattr(sys, 'executable', str(python))
    return site


def make_wheel(folder, version, code):
    """A wheel of mmcv with nothing but ``mmcv.ops``."""
    folder.mkdir(exist_ok=True)
    path = folder / f'mmcv-{version}-py3-none-any.whl'
    info = f'mmcv-{version}.dist-info'
    files = {
        'mmcv/__init__.py': '',
        'mmcv/ops.py': code,
        f'{info}/METADATA': f'Metadata-Version: 2.1\nName: mmcv\nVersion: {version}\n',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nTag: py3-none-any\n',
    }
    files[f'{info}/RECORD'] = ''.join(f'{name},,\n' for name in files)
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    'code, fits',
    [
        ('import torch\nnms = lambda b, s, t: (b, torch.tensor([0, 2]))', True),
        ('import torch\nnms = lambda b, s, t: (b, torch.tensor([0, 1]))', False),
        ('raise ImportError("undefined symbol: at")', False),
    ],
    ids=['right', 'wrong result', 'another torch'],
)
def test_ready_wheel_is_taken_only_if_its_operators_run(
    build_mmcv, environment, tmp_path, capsys, code, fits
):
    folder = tmp_path / 'wheels'
    make_wheel(folder, '2.1.0', code)
    options = ('--no-index', '--find-links', str(folder))
    taken = build_mmcv.try_ready_wheel('mmcv==2.1.0', False, folder, *options)
    assert taken is fits
    assert ('fits' if fits else 'does not fit this torch') in capsys.readouterr().out
    assert (environment / 'mmcv' / 'ops.py').read_text() == code


@pytest.mark.slow
def test_folder_without_the_version_is_told(build_mmcv, environment, tmp_path, capsys):
    folder = tmp_path / 'wheels'
    make_wheel(folder, '2.0.0', '')
    options = ('--no-index', '--find-links', str(folder))
    assert not build_mmcv.try_ready_wheel('mmcv==2.1.0', False, folder, *options)
    assert f'no wheel of mmcv==2.1.0 for this Python in {folder}' in (
        capsys.readouterr().out
    )
    assert not (environment / 'mmcv').exists()


def compile_source(build_mmcv, folder, flags):
    """Compile a source file.

    Returns:
        str: What the compiler printed.
    """
    source = folder / 'source.cpp'
    source.write_text('std::vector<int> f() { return {1}; }\n')
    command = [*shlex.split(build_mmcv.find_compiler()), *flags, '-c', source]
    done = subprocess.run(
        [*command, '-o', folder / 'source.o'], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def vector_header(build_mmcv, tmp_path, monkeypatch):
    """Flags for a precompiled ``<vector>``; torch's own takes half a minute."""
    monkeypatch.setattr(build_mmcv, 'HEADER', '<vector>')
    with open(tmp_path / 'log', 'w') as log:
        return build_mmcv.precompile_header(
            build_mmcv.find_compiler(), build_mmcv.compiler_flags(), tmp_path, log
        )


def test_precompiled_header_is_used_with_its_own_flags(
    build_mmcv, tmp_path, vector_header
):
    assert vector_header
    printed = compile_source(
        build_mmcv, tmp_path, build_mmcv.compiler_flags() + vector_header
    )
    assert build_mmcv.UNUSED_HEADER not in printed


def test_header_that_gcc_ignores_is_told(build_mmcv, tmp_path, vector_header):
    if not list(tmp_path.glob('*.gch')):
        pytest.skip('clang stops at a header of other flags, it does not ignore it')
    flags = [*build_mmcv.compiler_flags(), '-fopenmp']
    printed = compile_source(build_mmcv, tmp_path, flags + vector_header)
    assert f'#pragma message: {build_mmcv.UNUSED_HEADER}' in printed


def test_progress_is_read_from_the_build(build_mmcv, capsys, monkeypatch):
    for line in ('noise', '  [9/77] c++ a', '  [10/77] c++ b', '  [77/77] c++ c'):
        build_mmcv.show_progress(line, start=0)
    shown = capsys.readouterr().out.splitlines()
    assert [line.split(' after')[0] for line in shown] == [
        'mmcv: [10/77]',
        'mmcv: [77/77]',
    ]


def test_constraints_hold_a_supported_version_of_each_part_of_the_stack():
    folder = Path(__file__).resolve().parents[2] / 'constraints'
    for stack, parts in SUPPORTED.items():
        pins = dict(
            line.split('==')
            for line in io.StringIO((folder / f'{stack}.txt').read_text())
            if '==' in line
        )
        for name, first, _ in parts:
            assert pins[name].strip() == first
    assert stack_name() in SUPPORTED
