"""Make the virtual environment of one stack, or complete or renew it.

Called by the Makefile before everything else. Does nothing, in well under a
second, where the environment already is what is asked for.
"""

import argparse
import hashlib
import platform
import re
import shlex
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A change in these asks for a new install of the project, even an editable one.
TESTED_EXTRAS = (
    *('slicing', 'formats', 'export', 'web', 'report'),
    *('benchmark', 'docs', 'test'),
)
PROJECT_PARTS = ('pyproject.toml', 'mmdet_sodgan/version.py', 'tools', 'configs')


def digest(*parts):
    return hashlib.sha256('\0'.join(map(str, parts)).encode()).hexdigest()


def project_key(parts):
    """Hash files and folders of the repository, given by their paths in it."""
    paths = []
    for part in parts:
        path = ROOT / part
        paths += sorted(path.rglob('*.py')) if path.is_dir() else [path]
    return digest(*(value for path in paths for value in (path, path.read_bytes())))


def is_compiled(requirement):
    """Tell whether a requirement is mmcv, of either stack."""
    return re.match(r'(onedl-)?mmcv\b', requirement) is not None


def read_requirements(stack):
    """Read the requirements of the project, of a stack and of what is tested.

    Returns:
        list[str]: All but mmcv, which is compiled; with everything that a user
        can choose, as the tests cover it.
    """
    with open(ROOT / 'pyproject.toml', 'rb') as file:
        project = tomllib.load(file)['project']
    extras = project['optional-dependencies']
    wanted = project['dependencies'] + extras[stack]
    for extra in TESTED_EXTRAS:
        wanted += extras[extra]
    return [requirement for requirement in wanted if not is_compiled(requirement)]


def pinned(constraints, matches):
    """Find the one line of a constraints file whose requirement matches."""
    lines = constraints.read_text().splitlines()
    return next(line.strip() for line in lines if matches(line))


class Environment:
    """A virtual environment and the two stamps of what it was made of.

    Args:
        path (Path): Folder of the environment.
        stack (str): ``openmmlab`` or ``onedl``.
        torch (str): Requirement of torch, with options of pip if any.
    """

    def __init__(self, path, stack, torch):
        self.path = path
        self.python = path / 'bin' / 'python'
        self.torch = torch
        self.stack = stack
        self.constraints = ROOT / 'constraints' / f'{stack}.txt'
        self.requirements = read_requirements(stack)
        self.key = digest(
            ROOT,
            stack,
            torch,
            platform.python_version(),
            self.constraints.read_text(),
            self.requirements,
        )
        # onedl-mim looks for the configs of an editable project in the whole
        # repository, finds the environments' copies too, and gives up.
        self.editable = stack == 'openmmlab'
        self.stamp = path / 'environment.stamp'
        self.project_stamp = path / 'project.stamp'
        self.start = time.time()

    def run(self, title, *command):
        print(f'==> {time.time() - self.start:4.0f} s  {title}', flush=True)
        done = subprocess.run([self.python, *command], cwd=ROOT)
        if done.returncode:
            sys.exit(
                f'Set-up stopped while {title}, see above; the same command '
                f'goes on from here.'
            )

    def pip(self, title, *args):
        self.run(title, '-m', 'pip', '--disable-pip-version-check', *args)

    def create(self):
        """Make the folder; empty it first if it was made of something else."""
        version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
        stale = self.stamp.exists() or not (self.path / 'lib' / version).is_dir()
        command = [sys.executable, '-m', 'venv', self.path]
        print(f'==>    0 s  making {self.path.name} for {self.torch}', flush=True)
        done = subprocess.run(command + ['--clear'] if stale else command)
        if done.returncode:
            sys.exit(
                f'Python could not make {self.path}: install its module venv '
                f'(the package python3-venv in Debian and Ubuntu).'
            )

    def fill(self):
        """Install the stack; stamped only when all of it is in order."""
        self.create()
        # One call for all: torch and openmim resolved one after the other end
        # with a setuptools that torch does not work with.
        self.pip(
            'installing torch and the stack',
            *('install', '--constraint', self.constraints),
            *shlex.split(self.torch),
            *self.requirements,
        )
        # The stack asks for the OpenCV that needs libGL of the system. This one owns
        # the same folder cv2, and its files win as they come last.
        self.pip(
            'putting OpenCV without a window system in place',
            *('install', '--quiet', '--no-deps', '--force-reinstall'),
            pinned(self.constraints, re.compile('opencv-python-headless').match),
        )
        self.run(
            'getting mmcv',
            ROOT / 'tools' / 'setup' / 'build_mmcv.py',
            pinned(self.constraints, is_compiled),
        )

    def install_project(self):
        editable = ['--editable'] if self.editable else []
        self.pip(
            'installing the project',
            *('install', '--quiet', '--no-deps', '--no-build-isolation'),
            *(*editable, ROOT),
        )

    def ensure(self):
        """Do what is missing, if anything."""
        parts = PROJECT_PARTS if self.editable else (*PROJECT_PARTS, 'mmdet_sodgan')
        project = project_key(parts)
        if not _holds(self.stamp, self.key):
            self.fill()
            self.install_project()
            self.pip('checking that all requirements are met', 'check')
            self.stamp.write_text(self.key)
        elif not _holds(self.project_stamp, project):
            self.install_project()
        else:
            return
        self.project_stamp.write_text(project)
        print(f'==> {time.time() - self.start:4.0f} s  {self.path.name} is ready')


def _holds(stamp, key):
    return stamp.is_file() and stamp.read_text() == key


def main():
    parser = argparse.ArgumentParser(description='Make the virtual environment')
    parser.add_argument('--stack', choices=('openmmlab', 'onedl'), required=True)
    parser.add_argument('--torch', required=True, help='e.g. torch==2.13.0')
    parser.add_argument('--venv', required=True, help='folder of the environment')
    args = parser.parse_args()
    Environment(ROOT / args.venv, args.stack, args.torch).ensure()


if __name__ == '__main__':
    main()
