import importlib
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / 'tools' / 'setup'


@pytest.fixture
def build_mmcv(monkeypatch):
    monkeypatch.syspath_prepend(SETUP)
    return importlib.import_module('build_mmcv')


@pytest.fixture
def make_env(monkeypatch):
    monkeypatch.syspath_prepend(SETUP)
    return importlib.import_module('make_env')
