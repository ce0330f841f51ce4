import json
import sys

import pytest

from mmdet_sodgan.utils.extras import require


def test_installed_module_is_returned():
    assert require('json', 'web') is json


def test_fault_inside_the_library_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / 'broken_library.py').write_text('import no_such_dependency')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'broken_library', raising=False)
    with pytest.raises(ModuleNotFoundError, match='no_such_dependency'):
        require('broken_library', 'web')
