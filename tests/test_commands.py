"""Every command of the pages, run in a folder with what a user would have there.

A command is a line of a ``bash`` block. It is run as it stands, in this process,
but for the changes of ``SHORTER``; what cannot be run stands in ``NOT_RUN`` with the
reason, and its arguments are parsed by the real parser. ``make`` is run dry.
"""

import argparse
import importlib
import os
import re
import runpy
import shlex
import shutil
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
PAGES = [
    *(ROOT / name for name in ('README.md', 'CONTRIBUTING.md')),
    *sorted([*ROOT.glob('docs/*.md'), *ROOT.glob('configs/*/README.md')]),
]
#: Start of a command to why it is not run. Its arguments are parsed all the same.
NOT_RUN = {
    'mim train mmdet_sodgan': 'several GPUs, COCO; mim is run in test_packaging.py',
    'python tools/benchmark/': 'minutes to hours; run small in tests/tools',
    'python tools/dataset_converters/deeppcb2coco.py': 'a download; run on small '
    'files in tests/tools/test_deeppcb2coco.py',
    'python tools/analysis_tools/zoo.py': 'writes into the repository; run in '
    'tests/tools/test_zoo.py',
    'python docs/_site/draw_flowcharts.py': 'needs a package of npm',
    'python -m pytest': 'this is pytest',
    'pip install': 'changes the environment',
    'docker': 'needs Docker and a network',
    'ruff': 'run by `make lint`',
    '. .venv/bin/activate': 'the environment of the user',
}
#: A page's name of a thing to what is in the folder.
RENAMED = {'epoch_12.pth': 'epoch_1.pth'}
#: Options that make the R-50 of the tutorial and its images small.
NARROW = [
    *('model.backbone.depth=18', 'model.backbone.init_cfg=None'),
    *('model.neck.in_channels=[64,128,256,512]', 'model.neck.out_channels=16'),
    *('model.rpn_head.in_channels=16', 'model.rpn_head.feat_channels=16'),
    'model.roi_head.bbox_roi_extractor.out_channels=16',
    'model.roi_head.bbox_head.in_channels=16',
    'model.roi_head.bbox_head.fc_out_channels=16',
    'model.train_cfg.rpn_proposal.max_per_img=50',
    'model.test_cfg.rpn.max_per_img=50',
    *(
        f'{loader}_dataloader.dataset.pipeline.{step}.scale=(64,64)'
        for loader, step in (('train', 2), ('val', 1), ('test', 1))
    ),
    *(
        f'{loader}_dataloader.{key}'
        for loader in ('train', 'val', 'test')
        for key in ('num_workers=0', 'persistent_workers=False')
    ),
]
#: Commands of the pages whose checkpoints the others need, in order.
TRAININGS = ['sodgan train my_teacher.py --auto-scale-lr', 'sodgan train my_config.py']
#: Subcommand of sodgan to the options that are added where it is run.
SHORTER = {
    'train': [*NARROW, 'train_cfg.max_epochs=1', 'default_hooks.logger.interval=1'],
    'test': NARROW,
    'predict': NARROW,
}


def commands():
    """Every command as (page, line), each line once."""
    found = {}
    for page in PAGES:
        for block in re.findall(r'^```bash\n(.*?)^```', page.read_text(), re.S | re.M):
            for line in block.replace('\\\n', ' ').splitlines():
                for part in re.split(r' && | \|\| ', re.sub(r'(^|\s)#.*', '', line)):
                    if part.strip():
                        found.setdefault(part.strip(), page.relative_to(ROOT))
    return [pytest.param(line, id=f'{page}: {line}') for line, page in found.items()]


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    """A folder with the configs of the tutorial, data, an image and checkpoints."""
    folder = tmp_path_factory.mktemp('desk')
    for name in ('configs', 'tools', 'docs', 'tests', 'Makefile', 'Dockerfile'):
        (folder / name).symlink_to(ROOT / name)
    data = folder / 'data' / 'mine'
    generate(data, 2, 2, num_classes=2)
    for split in ('train', 'val'):
        text = (data / f'annotations/{split}.json').read_text()
        text = text.replace('"horizontal"', '"scratch"').replace('"vertical"', '"dent"')
        (data / f'{split}.json').write_text(text)
    shutil.copy(next((data / 'val').iterdir()), folder / 'image.png')
    for text in re.findall(
        r'```python\n(.*?)```', (ROOT / 'docs/tutorial.md').read_text(), re.S
    ):
        if name := re.match(r'# (\w+\.py), beside', text):
            (folder / name[1]).write_text(renamed(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in TRAININGS:
            run(line)
    return folder


def renamed(text):
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return text


def run(line):
    """Run a command in this process, or with `make -n` in another."""
    words = shlex.split(renamed(line))
    if words[0] == 'make':
        done = subprocess.run(
            ['make', '-n', *words[1:]], capture_output=True, text=True
        )
        assert done.returncode == 0 and done.stdout, done.stderr
        return
    with mock.patch.dict(os.environ), mock.patch.object(sys, 'path', list(sys.path)):
        try:
            start(words)
        except SystemExit as end:
            assert end.code in (None, 0), end.code


def start(words):
    if words[0] == 'sodgan':
        if words[1] in SHORTER and '--help' not in words:
            words = with_options(words, SHORTER[words[1]])
        cli.main(words[1:])
    else:
        assert words[0] == 'python', f'{words[0]} is in no category'
        sys.path.insert(0, str(Path(words[1]).parent.resolve()))
        with mock.patch.object(sys, 'argv', words[1:]):
            runpy.run_path(words[1], run_name='__main__')


def with_options(words, options):
    """Add to --cfg-options; those of the command win."""
    if '--cfg-options' in words:
        place = words.index('--cfg-options') + 1
        return [*words[:place], *options, *words[place:]]
    return [*words, '--cfg-options', *options]


@pytest.mark.parametrize('line', commands())
def test_command_runs(desk, monkeypatch, line):
    monkeypatch.chdir(desk)
    reason = next((why for start, why in NOT_RUN.items() if line.startswith(start)), '')
    if not reason:
        if line not in TRAININGS:  # the folder has been made by these
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
        case ['python', '-m', 'pytest', *rest]:
            assert all(Path(word).exists() for word in rest if '/' in word)
            return
        case ['ruff' | '.', *_]:
            return
    assert words[0] in ('python', 'sodgan'), f'{words[0]} is in no category'

    def parse(parser, args=None, namespace=None):
        real(parser, args, namespace)
        raise ParsedError

    real = argparse.ArgumentParser.parse_args
    with mock.patch.object(argparse.ArgumentParser, 'parse_args', parse):
        with pytest.raises(ParsedError):
            run(shlex.join(words))


def check_files(words):
    """Every config or benchmark that is named loads."""
    for word in words:
        if word.startswith('configs/') and 'NAME' not in word:
            Config.fromfile(word)
        elif re.fullmatch(r'[\w.-]+_\w+\.py', word) and not Path(word).exists():
            (path,) = ROOT.glob(f'configs/*/{word}')
            Config.fromfile(path)
        elif re.fullmatch(r'(deeppcb|synthetic)-\w+', word):
            assert (ROOT / f'configs/benchmarks/{word}.py').is_file()


def test_image_of_the_commands_is_small(desk):
    assert max(cv2.imread(str(desk / 'image.png')).shape) <= 256


def test_entry_that_no_command_needs_is_refused():
    lines = [parameter.values[0] for parameter in commands()]
    unused = [s for s in NOT_RUN if not any(line.startswith(s) for line in lines)]
    assert unused == [] and set(TRAININGS) <= set(lines)
