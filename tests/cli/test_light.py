"""Help and usage errors are answered before the stack is imported."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from mmdet_sodgan.cli.main import COMMANDS

#: What takes most of the time of a start.
HEAVY = ('cv2', 'gradio', 'matplotlib', 'mmcv', 'mmdet', 'mmengine', 'numpy', 'torch')
ANSWERED = {
    'help': ['--help'],
    'no command': [],
    'unknown command': ['no-such-command'],
    **{f'help of {name}': [name, '--help'] for name in COMMANDS},
    **{f'{name} without arguments': [name] for name in COMMANDS if name != 'doctor'},
    'unknown option': ['train', 'some.py', '--no-such-option'],
    'number out of range': ['predict', 'a.png', 'c.py', 'w.pth', '--slice', '-5'],
    'option without a value': ['test', 'c.py', 'w.pth', '--cfg-options', 'nonsense'],
    'options of a wrong call': ['train', '--cfg-options', 'model.backbone.depth=18'],
    'doctor with half of what it needs': ['doctor', '--img-dir', 'folder'],
}
SCRIPT = """
import contextlib, io, json, sys
from mmdet_sodgan.cli.main import main

heavy, answered = json.loads(sys.argv[1])
found = {}
for name, arguments in answered.items():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                main(arguments)
            except SystemExit as end:
                told = out.getvalue() + err.getvalue() or end.code
    found[name] = told, [module for module in heavy if module in sys.modules]
print(json.dumps(found))
"""


@pytest.fixture(scope='module')
def answers():
    """What was told, and the heavy modules that were imported until then."""
    done = subprocess.run(
        [sys.executable, '-c', SCRIPT, json.dumps((HEAVY, ANSWERED))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize('name', ANSWERED)
def test_answer_needs_nothing_heavy(answers, name):
    told, imported = answers[name]
    assert imported == []
    assert 'usage: sodgan' in told or '--data' in told


def test_heavy_modules_are_such_that_there_are():
    # gradio is an extra.
    assert all(find_spec(name) for name in set(HEAVY) - {'gradio'})
