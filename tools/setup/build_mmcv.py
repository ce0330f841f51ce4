"""Install mmcv, with its compiled operators, for the torch that is installed.

The package index has mmcv as a source release only. This script, run by the
Python of the environment that mmcv is to be installed into, first tries ready
wheels and compiles where none works with the installed torch:

    python tools/setup/build_mmcv.py mmcv==2.1.0

Environment variables:
    MMCV_WHEEL_DIR: a folder with wheels of your own, tried first.
    XDG_CACHE_HOME: where compiled wheels are kept (default ``~/.cache``).
    CC, CXX, CFLAGS, MAX_JOBS: as usual; gcc and clang work.
    CUDA_HOME, TORCH_CUDA_ARCH_LIST: as torch's extension builder reads them.
    FORCE_CUDA: 1 compiles the CUDA operators on a machine without a GPU, 0
        leaves them out on a machine with one.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from mmcv_probe import probe

HEADER = '<torch/types.h>'
UNUSED_HEADER = 'the precompiled header is not used'
STEP = re.compile(r'\[(\d+)/(\d+)\]')


def wants_cuda():
    """Tell whether the CUDA operators are to be compiled.

    Raises:
        SystemExit: If the environment asks for them and there is no CUDA compiler.
    """
    import torch
    from torch.utils.cpp_extension import CUDA_HOME

    forced = os.environ.get('FORCE_CUDA')
    if forced == '0' or torch.version.cuda is None:
        return False
    asked = forced == '1' or 'TORCH_CUDA_ARCH_LIST' in os.environ
    if CUDA_HOME is not None:
        return asked or torch.cuda.is_available()
    missing = (
        f'nvcc, which compiles the CUDA operators of mmcv, is not here: install the '
        f'CUDA toolkit {torch.version.cuda} and set CUDA_HOME to its folder'
    )
    if asked:
        sys.exit(f'{missing}, or set FORCE_CUDA=0 to compile the CPU operators alone.')
    if torch.cuda.is_available():
        # Training on the CPU needs no more, so an unused GPU is no reason to stop.
        print(
            f'WARNING: mmcv gets its CPU operators alone and will not run on the GPU: '
            f'{missing}, then remove the environment and make it again.',
            file=sys.stderr,
        )
    return False


def cache_dir(requirement, cuda):
    """Name the folder of the wheels compiled for the installed torch."""
    import torch

    root = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    parts = [
        requirement.replace('==', '-'),
        f'torch-{torch.__version__}',
        sys.implementation.cache_tag,
        sysconfig.get_platform(),
        f'cuda-{torch.version.cuda}' if cuda else 'cpu',
    ]
    if cuda:
        parts.append(cuda_architectures())
    return Path(root) / 'mmdet_sodgan' / 'wheels' / '_'.join(parts)


def cuda_architectures():
    """Name the GPU architectures that torch compiles for, for use in a path."""
    import torch

    listed = os.environ.get('TORCH_CUDA_ARCH_LIST')
    if not listed:
        # torch's own choice: the visible GPUs, or without any all that it knows.
        gpus = range(torch.cuda.device_count())
        capabilities = {torch.cuda.get_device_capability(gpu) for gpu in gpus}
        listed = ' '.join(f'{a}.{b}' for a, b in sorted(capabilities)) or 'all'
    return 'sm-' + '-'.join(re.findall(r'[\w.+]+', listed))


def pip(*args, **kwargs):
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', *args]
    return subprocess.run(command, **kwargs)


def try_ready_wheel(requirement, cuda, source, *pip_options):
    """Install a wheel from a source and prove that it works.

    Returns:
        bool: Whether mmcv is now installed and its operators ran.
    """
    found = pip(
        'install', '--quiet', '--no-deps', '--force-reinstall',
        '--only-binary=:all:', *pip_options, requirement,
        capture_output=True, text=True,
    )  # fmt: skip
    if found.returncode:
        print(f'mmcv: no wheel of {requirement} for this Python in {source}')
        return False
    failure = probe(cuda)
    if failure:
        print(f'mmcv: the wheel in {source} does not fit this torch: {failure}')
        return False
    print(f'mmcv: the wheel in {source} fits')
    return True


def find_compiler():
    """Find the C++ compiler: ``CXX`` or the first one there is.

    Raises:
        SystemExit: If there is none, or the headers of Python are missing.
    """
    names = [os.environ['CXX']] if 'CXX' in os.environ else ['c++', 'g++', 'clang++']
    compiler = next((n for n in names if shutil.which(shlex.split(n)[0])), None)
    if compiler is None:
        sys.exit(
            f'mmcv needs a C++ compiler and none of {", ".join(names)} is here: '
            f'install the package g++ (Debian, Ubuntu) or gcc-c++ (Fedora).'
        )
    if not Path(sysconfig.get_path('include'), 'Python.h').is_file():
        sys.exit(
            f'mmcv needs the header Python.h of Python '
            f'{sysconfig.get_python_version()}: install the package python3-dev '
            f'(Debian, Ubuntu) or python3-devel (Fedora).'
        )
    return compiler


def compiler_flags():
    """List the flags for both the precompiled header and mmcv's sources.

    A compiler ignores a header that was compiled with other flags, therefore
    the ones that torch and mmcv append on their own are named here as well.
    ``-O2 -g0`` in place of Python's own ``-O3 -g`` halves the time per file.
    """
    import torch
    from torch.utils.cpp_extension import BuildExtension

    flags = ['-DNDEBUG', '-g0', '-O2', '-w', '-fPIC', '-std=c++17']
    flags += ['-DTORCH_API_INCLUDE_EXTENSION_H', '-DTORCH_EXTENSION_NAME=_ext']
    if hasattr(BuildExtension, '_add_gnu_cpp_abi_flag'):  # torch < 2.7
        abi = int(torch.compiled_with_cxx11_abi())
        flags.append(f'-D_GLIBCXX_USE_CXX11_ABI={abi}')
    return flags + shlex.split(os.environ.get('CFLAGS', ''))


def precompile_header(compiler, flags, folder, log):
    """Precompile ``HEADER``, most of the work in each source file.

    Returns:
        list[str]: Flags that make a source file use it; none if the compiler
        could not make it.
    """
    from torch.utils.cpp_extension import include_paths

    header = folder / 'torch_types.h'
    # The pragma is printed for each file that reads the header as text.
    header.write_text(f'#pragma message("{UNUSED_HEADER}")\n#include {HEADER}\n')
    clang = 'clang' in subprocess.run(
        [*shlex.split(compiler), '--version'], capture_output=True, text=True
    ).stdout  # fmt: skip
    target = header.with_name(header.name + ('.pch' if clang else '.gch'))
    paths = [*include_paths(), sysconfig.get_path('include')]
    command = shlex.split(compiler) + flags + [f'-I{path}' for path in paths]
    command += ['-x', 'c++-header', str(header), '-o', str(target)]
    log.write(f'{shlex.join(command)}\n')
    log.flush()
    made = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT)
    if made.returncode:
        print('mmcv: the header could not be precompiled, going on without it')
        return []
    return ['-include', str(header)]


def show_progress(line, start):
    step = STEP.search(line)
    if step is None:
        return
    done, total = map(int, step.groups())
    if sys.stdout.isatty():
        print(f'\rmmcv: [{done}/{total}] ', end='\n' if done == total else '')
    elif done % 10 == 0 or done == total:
        print(f'mmcv: [{done}/{total}] after {time.time() - start:.0f} s')
    sys.stdout.flush()


def compile_wheel(requirement, cuda, folder, log_path):
    """Compile mmcv from its source release.

    Returns:
        Path: The wheel, inside ``folder``.

    Raises:
        SystemExit: If it does not compile; names the log.
    """
    start = time.time()
    name = requirement.partition('==')[0]
    compiler = find_compiler()
    flags = compiler_flags()
    with open(log_path, 'w', errors='replace') as log:
        print(f'mmcv: compiling {requirement} with {compiler}, log in {log_path}')
        header = precompile_header(compiler, flags, folder, log)
        print(f'mmcv: header precompiled after {time.time() - start:.0f} s')
        env = dict(
            os.environ,
            CXX=compiler,
            CFLAGS=shlex.join(flags + header),
            MMCV_WITH_OPS='1',
            FORCE_CUDA=str(int(cuda)),
            PYTHONUNBUFFERED='1',
            LC_ALL='C.UTF-8',
        )
        env.setdefault('MAX_JOBS', str(os.cpu_count()))
        if not cuda:
            # mmcv's setup takes a visible GPU as a request for CUDA operators.
            env['CUDA_VISIBLE_DEVICES'] = ''
        command = [sys.executable, '-m', 'pip', 'wheel', '--verbose', '--no-deps']
        command += ['--no-build-isolation', '--no-cache-dir', f'--no-binary={name}']
        build = subprocess.Popen(
            [*command, '--wheel-dir', folder, requirement],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors='replace',
        )  # fmt: skip
        ignored = 0
        for line in build.stdout:
            log.write(line)
            ignored += f'#pragma message: {UNUSED_HEADER}' in line
            show_progress(line, start)
    if build.wait():
        sys.exit(f'mmcv did not compile, see the end of {log_path}.')
    if ignored:
        print(f'mmcv: {ignored} files did without the precompiled header, see the log')
    print(f'mmcv: compiled in {time.time() - start:.0f} s')
    return next(folder.glob('*.whl'))


def keep(wheel, folder):
    """Copy a wheel into the cache, whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            copy = shutil.copy(wheel, scratch)
            os.replace(copy, folder / wheel.name)
    except OSError as error:
        print(f'mmcv: the wheel is installed but could not be kept: {error}')


def main():
    parser = argparse.ArgumentParser(description='Install mmcv with its operators')
    parser.add_argument('requirement', help='e.g. mmcv==2.1.0')
    requirement = parser.parse_args().requirement
    cuda = wants_cuda()
    own = os.environ.get('MMCV_WHEEL_DIR')
    cache = cache_dir(requirement, cuda)
    for folder in (own, cache):
        if folder and try_ready_wheel(
            requirement, cuda, folder, '--no-index', '--find-links', folder
        ):
            return
    if try_ready_wheel(requirement, cuda, 'the package index'):
        return
    with tempfile.TemporaryDirectory() as scratch:
        log_path = Path(sys.prefix, 'mmcv-build.log')
        wheel = compile_wheel(requirement, cuda, Path(scratch), log_path)
        pip('install', '--quiet', '--no-deps', '--force-reinstall', wheel, check=True)
        failure = probe(cuda)
        if failure:
            sys.exit(f'mmcv compiled but does not run ({failure}), see {log_path}.')
        keep(wheel, cache)


if __name__ == '__main__':
    main()
