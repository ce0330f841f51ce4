"""Every command of the pages, run in a folder with what a user would have there.

A line of a ``bash`` block is run as it stands, in this process, with the tutorial's
configs made small by ``SHORTER``; ``make`` is run dry. What cannot be run stands in
``NOT_RUN`` with the reason, and its arguments are parsed by the real parser.
"""

import argparse
import contextlib
import functools
import importlib
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest import mock

import cv2
import pytest
from mmengine.config import Config
from packaging.requirements import Requirement

from mmdet_sodgan.cli import main as cli
from mmdet_sodgan.datasets.synthetic import generate

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md']
PAGES += sorted([*ROOT.glob('docs/**/*.md'), *ROOT.glob('configs/*/README.md')])
#: Start of a command to why it is not run. Its arguments are parsed all the same.
NOT_RUN = {
    'mim train mmdet_sodgan': 'several GPUs, COCO; mim is run in test_packaging.py',
    'python -m tools.benchmark': 'minutes to hours; run small in tests/tools',
    'python tools/dataset_converters/deeppcb2coco.py': 'a download; run in tests/tools',
    'python tools/analysis_tools/zoo.py': 'writes into the repository; run in tests',
    'python docs/_site/draw_flowcharts.py': 'needs a package of npm',
    'python -m pytest': 'this is pytest',
    'sodgan init my_project': 'the project is there; run in tests/cli/test_init.py',
    'sodgan web': 'a server without end; started in tests/apps/web',
    'pip install': 'changes the environment',
    'docker': 'needs Docker and a network',
    'ruff': 'run in test_project_files.py',
    '. .venv/bin/activate': 'the environment of the user',
    'export SODGAN_WEIGHTS': 'the environment of the user; the desk has its own',
}
#: Commands of the pages whose checkpoints the others need, in order.
TRAININGS = ['sodgan train my_teacher.py --auto-scale-lr', 'sodgan train my_config.py']
#: What makes the R-50 of the tutorial's configs, their images and trainings small.
SHORTER = {
    'model.backbone.depth': 18,
    'model.backbone.init_cfg': None,
    'model.neck.in_channels': [64, 128, 256, 512],
    'model.neck.out_channels': 16,
    'model.rpn_head.in_channels': 16,
    'model.rpn_head.feat_channels': 16,
    'model.roi_head.bbox_roi_extractor.out_channels': 16,
    'model.roi_head.bbox_head.in_channels': 16,
    'model.roi_head.bbox_head.fc_out_channels': 16,
    'model.train_cfg.rpn_proposal.max_per_img': 50,
    'model.test_cfg.rpn.max_per_img': 50,
    'train_dataloader.dataset.pipeline.2.scale': (64, 64),
    'val_dataloader.dataset.pipeline.1.scale': (64, 64),
    'test_dataloader.dataset.pipeline.1.scale': (64, 64),
    **{f'{name}_dataloader.num_workers': 0 for name in ('train', 'val', 'test')},
    **{f'{n}_dataloader.persistent_workers': False for n in ('train', 'val', 'test')},
    'train_cfg.max_epochs': 1,
    'default_hooks.logger.interval': 1,
}


def scripts():
    """The commands of each page in order."""
    found = {}
    for page in PAGES:
        lines = found.setdefault(page.relative_to(ROOT), [])
        for block in re.findall(r'^```bash\n(.*?)^```', page.read_text(), re.S | re.M):
            for line in block.replace('\\\n', ' ').splitlines():
                parts = re.sub(r'(^|\s)#.*', '', line).split('&&')
                lines += [part.strip() for part in parts if part.strip()]
    return found


SCRIPTS = scripts()


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    """What a user would have: configs, data, images, a video, checkpoints."""
    folder = tmp_path_factory.mktemp('desk')
    for name in ('configs', 'tools', 'docs', 'tests', 'Makefile', 'Dockerfile'):
        (folder / name).symlink_to(ROOT / name)
    data = folder / 'data' / 'mine'
    generate(data, 2, 2, num_classes=2)
    for split in ('train', 'val'):
        text = (data / f'annotations/{split}.json').read_text()
        text = text.replace('"horizontal"', '"scratch"').replace('"vertical"', '"dent"')
        (data / f'{split}.json').write_text(text)
        for name in (split, f'{split}.json'):
            (folder / 'data' / name).symlink_to(data / name)
    (folder / 'train').symlink_to(data / 'train')
    (folder / 'train.json').symlink_to(data / 'train.json')
    image = cv2.imread(str(next((data / 'val').iterdir())))
    names = ('image.png', 'a.png', 'b.png', 'aerial.png', 'folder/c.png', 'more/d.jpg')
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / name), image)
    codec = cv2.VideoWriter_fourcc(*'mp4v')
    video = cv2.VideoWriter(str(folder / 'clip.mp4'), codec, 10, image.shape[1::-1])
    video.write(image)
    video.release()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_configs()
        for line in TRAININGS:
            run(line)
            checkpoint = Path('work_dirs', line.split()[2].removesuffix('.py'))
            (checkpoint / 'epoch_12.pth').symlink_to('epoch_1.pth')
        links = {'work_dirs/baseline': 'my_teacher', 'lr_config.py': 'my_teacher.py'}
        links |= {'epoch_12.pth': checkpoint / 'epoch_1.pth'}
        Path('shelf').mkdir()
        links |= {'shelf/boards.pth': Path('..', checkpoint, 'epoch_1.pth')}
        for name, target in (links | {'sodgan_config.py': 'my_config.py'}).items():
            Path(name).symlink_to(target)
        make_project()
    return folder


def make_project():
    """Make and train README's project, as short as can be."""
    files = 'data/train.json data/train/ --val data/val.json data/val/'
    run(f'sodgan init my_project --train {files} --epochs 1')
    run('sodgan train my_project/sodgan.py')
    folder = Path('my_project/work_dirs/sodgan')
    (folder / 'epoch_6.pth').symlink_to('epoch_1.pth')


def write_configs():
    """Write the configs of the page on configs, made small."""
    text = (ROOT / 'docs/use_it/configs.md').read_text()
    for block in re.findall(r'```python\n(.*?)```', text, re.S):
        if name := re.match(r'# (\w+\.py), beside', block):
            Path(name[1]).write_text(block)
            config = Config.fromfile(name[1])
            config.merge_from_dict(SHORTER)
            config.dump(name[1])


@functools.cache
def run(line):
    """Run a command, once: those after it on a page need what it leaves."""
    words = shlex.split(line.replace('cuda:0', 'cpu'))
    if words[0] == 'make':
        dry = ['make', '--dry-run', *words[1:]]
        done = subprocess.run(dry, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout, done.stderr
        return
    try:
        start(words)
    except SystemExit as end:
        assert end.code in (None, 0), end.code


def start(words):
    if words[:2] == ['python', '-m']:
        path, argv = [str(ROOT), *sys.path], words[2:]
    else:
        path, argv = [str(Path(words[1]).parent.resolve()), *sys.path], words[1:]
    changed = mock.patch.multiple(sys, path=path, argv=argv)
    with mock.patch.dict(os.environ), changed:
        if words[0] == 'sodgan':
            cli.main(words[1:])
        else:
            assert words[0] == 'python', f'{words[0]} is in no category'
            if words[1] == '-m':
                runpy.run_module(words[2], run_name='__main__')
            else:
                runpy.run_path(words[1], run_name='__main__')


def reason_not_to_run(line):
    return next((why for start, why in NOT_RUN.items() if line.startswith(start)), None)


@pytest.mark.parametrize(
    'page, number',
    [
        pytest.param(page, number, id=f'{page}: {line}')
        for page, lines in SCRIPTS.items()
        for number, line in enumerate(lines)
    ],
)
def test_command_runs(desk, monkeypatch, page, number):
    monkeypatch.chdir(desk)
    monkeypatch.setenv('SODGAN_WEIGHTS', 'shelf')
    *before, line = SCRIPTS[page][: number + 1]
    reason = reason_not_to_run(line)
    if reason is None:
        for step in before:
            if reason_not_to_run(step) is None:
                # A step that fails does so in a test of its own.
                with contextlib.suppress(AssertionError):
                    run(step)
        run(line)
        return
    check_arguments(shlex.split(line))
    check_files(shlex.split(line))
    pytest.skip(reason)


class ParsedError(Exception):
    """The arguments were accepted."""


def check_arguments(words):
    """Parse with the parser of the program itself, and stop before it works."""
    match words:
        case ['mim', 'train' | 'test' as name, 'mmdet_sodgan', *rest]:
            mim = importlib.import_module(f'mim.commands.{name}').cli
            context = mim.make_context(name, ['mmdet_sodgan', *rest])
            # What mim does not know goes to the script behind it.
            checkpoint = [context.params['checkpoint']] if name == 'test' else []
            other = list(context.params['other_args'])
            words = ['python', f'tools/{name}.py', 'x.py', *checkpoint, *other]
        case ['docker', 'build', *rest]:
            text = (ROOT / 'Dockerfile').read_text()
            for argument in re.findall(r'--build-arg (\w+)=', ' '.join(rest)):
                assert re.search(rf'^ARG {argument}\b', text, re.M)
            return
        case ['docker', 'run', '--rm', 'mmdet_sodgan', *rest]:
            run(shlex.join(rest))
            return
        case ['pip', 'install', target]:
            project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
            name = re.sub(r'^\.', 'mmdet_sodgan', target)
            extras = project['optional-dependencies'].keys()
            assert Requirement(name).extras <= extras
            return
        case ['ruff' | '.' | 'export', *_] | ['python', '-m', 'pytest', *_]:
            return
    assert words[0] in ('python', 'sodgan'), f'{words[0]} is in no category'

    def parse(parser, args=None, namespace=None):
        real(parser, args, namespace)
        raise ParsedError

    real = argparse.ArgumentParser.parse_args
    with mock.patch.object(argparse.ArgumentParser, 'parse_args', parse):
        with pytest.raises(ParsedError):
            start(words)


def check_files(words):
    """Every config that is named loads, and every other file exists."""
    for word in words:
        if word.startswith(('tests/', 'tools/', 'docs/')):
            assert Path(word).exists(), f'there is no {word}'
        elif word.startswith('configs/') and 'NAME' not in word:
            Config.fromfile(word)
        elif re.fullmatch(r'[\w.-]+_\w+\.py', word) and not Path(word).exists():
            (path,) = ROOT.glob(f'configs/*/{word}')
            Config.fromfile(path)
        elif re.fullmatch(r'(deeppcb|synthetic)-\w+', word):
            assert (ROOT / f'configs/benchmarks/{word}.py').is_file()


def test_entry_that_no_command_needs_is_refused():
    lines = {line for script in SCRIPTS.values() for line in script}
    unused = [s for s in NOT_RUN if not any(line.startswith(s) for line in lines)]
    assert unused == [] and set(TRAININGS) <= lines
