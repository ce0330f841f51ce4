import importlib.util
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture
def tool(monkeypatch):
    """Imports a tool by its path in ``tools/``; it finds those beside it."""

    def load(path):
        monkeypatch.syspath_prepend((TOOLS / path).parent)
        spec = importlib.util.spec_from_file_location(Path(path).stem, TOOLS / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
