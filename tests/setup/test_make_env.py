import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(make_env, tmp_path, monkeypatch):
    """Makes an environment of which the commands are recorded, not run."""

    def make(stack='openmmlab', torch='torch==2.13.0'):
        made = make_env.Environment(tmp_path / 'venv', stack, torch)
        made.commands = []

        def run(title, *command):
            made.commands.append((title, [str(part) for part in command]))

        def create():
            run('creating')
            made.path.mkdir(exist_ok=True)

        monkeypatch.setattr(made, 'run', run)
        monkeypatch.setattr(made, 'create', create)
        return made

    return make


def titles(environment):
    return [title for title, _ in environment.commands]


def test_everything_is_done_once(environment):
    first = environment()
    first.ensure()
    assert titles(first) == [
        'creating',
        'installing torch and the stack',
        'putting OpenCV without a window system in place',
        'getting mmcv',
        'installing the project',
        'checking that all requirements are met',
    ]
    second = environment()
    second.ensure()
    assert second.commands == []


def test_torch_and_the_stack_are_resolved_in_one_call(environment):
    made = environment(torch='torch==2.11.0 --extra-index-url https://x')
    made.ensure()
    _, command = made.commands[1]
    assert 'torch==2.11.0' in command and 'https://x' in command
    assert any(part.startswith('openmim') for part in command)
    assert not any(part.startswith('mmcv') for part in command)


@pytest.mark.parametrize('change', [dict(torch='torch==2.11.0'), dict(stack='onedl')])
def test_another_torch_or_stack_is_set_up_anew(environment, change):
    environment().ensure()
    other = environment(**change)
    other.ensure()
    assert 'getting mmcv' in titles(other)


def test_unfinished_environment_is_completed(environment):
    stopped = environment()

    def stop(*args):
        raise SystemExit

    stopped.run = stop
    with pytest.raises(SystemExit):
        stopped.ensure()
    again = environment()
    again.ensure()
    assert 'checking that all requirements are met' in titles(again)


def test_changed_tool_asks_for_a_new_install_of_the_project_alone(
    environment, make_env, monkeypatch
):
    environment().ensure()
    monkeypatch.setattr(make_env, 'project_key', lambda parts: 'changed')
    changed = environment()
    changed.ensure()
    assert titles(changed) == ['installing the project']


def test_project_key_follows_the_content_of_folders(make_env, tmp_path, monkeypatch):
    monkeypatch.setattr(make_env, 'ROOT', tmp_path)
    (tmp_path / 'folder').mkdir()
    file = tmp_path / 'folder' / 'a.py'
    keys = set()
    for content in ('1', '2', '1'):
        file.write_text(content)
        keys.add(make_env.project_key(['folder']))
    assert len(keys) == 2


@pytest.mark.parametrize('stack', ['openmmlab', 'onedl'])
def test_each_stack_pins_the_one_mmcv_that_is_compiled(environment, stack):
    made = environment(stack=stack)
    made.ensure()
    command = dict(made.commands)['getting mmcv']
    pin = {'openmmlab': 'mmcv==2.1.0', 'onedl': 'onedl-mmcv==2.3.6'}[stack]
    assert command[-1] == pin


def test_stale_environment_is_emptied_and_an_unfinished_one_is_not(
    make_env, tmp_path, monkeypatch
):
    calls = []

    def run(command):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(make_env.subprocess, 'run', run)
    made = make_env.Environment(tmp_path / 'venv', 'openmmlab', 'torch==2.13.0')
    made.create()
    version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
    (made.path / 'lib' / version).mkdir(parents=True)
    made.create()
    made.stamp.write_text('of something else')
    made.create()
    assert ['--clear' in call for call in calls] == [True, False, True]


def make(*arguments, cwd=ROOT):
    return subprocess.run(['make', *arguments], cwd=cwd, capture_output=True, text=True)


def test_unknown_stack_is_one_sentence():
    done = make('test', 'STACK=other')
    assert done.returncode != 0
    assert 'STACK is other, must be openmmlab or onedl' in done.stderr


def test_ci_runs_the_tests_and_fails_with_them(tmp_path):
    # Otherwise it installs the browser, for half a minute.
    driver = tmp_path / 'bin' / 'chromedriver'
    driver.parent.mkdir()
    driver.write_text('#!/bin/sh\n')
    driver.chmod(0o755)
    path = f'{driver.parent}{os.pathsep}{os.environ["PATH"]}'
    run = tmp_path / '.ci' / 'run'
    run.parent.mkdir()
    run.write_text((ROOT / '.ci' / 'run').read_text())
    for code in (0, 3):
        (tmp_path / 'Makefile').write_text(f'test:\n\t@echo tested; exit {code}\n')
        done = subprocess.run(
            ['bash', run],
            capture_output=True,
            text=True,
            env=os.environ | dict(PATH=path),
        )
        assert 'tested' in done.stdout
        assert (done.returncode == 0) is (code == 0)
