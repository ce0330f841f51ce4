import sys
from pathlib import Path

import pytest
from mmdet.registry import MODELS

TOOLS = Path(__file__).parents[2] / 'tools' / 'benchmark'


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import code_version

    yield code_version
    sys.modules.pop('code_version')


@pytest.fixture
def package(tool, tmp_path, monkeypatch):
    """A file of the package that can be edited, under another root."""
    folder = tmp_path / 'mmdet_sodgan'
    folder.mkdir()
    monkeypatch.setattr(tool, 'ROOT', tmp_path)

    def write(source):
        (folder / 'part.py').write_text(source)
        return tool.current_version(['mmdet_sodgan.part'])['mmdet_sodgan.part']

    return write


def test_a_model_reaches_its_parts_and_what_they_import(tool, sodgan_cfg):
    model = MODELS.build(sodgan_cfg().model)
    names = set(tool.code_version(model.modules()))
    prefix = 'mmdet_sodgan.models'
    assert {
        f'{prefix}.detectors.sodgan',
        # imported by the detector's module, by name and as a function
        f'{prefix}.detectors.part_checks',
        f'{prefix}.utils.region_masks',
        'mmdet_sodgan.engine.alternating_step',
        # built by name inside of others
        f'{prefix}.losses.adversarial_loss',
        f'{prefix}.data_preprocessors.degradation',
        'torch',
    } <= names
    assert 'mmdet_sodgan.evaluation.metrics.size_coco_metric' not in names


def test_a_baseline_does_not_reach_the_generator(tool, sodgan_cfg):
    model = MODELS.build(sodgan_cfg().model)
    names = set(tool.code_version([*model.backbone.modules(), model.data_preprocessor]))
    assert (
        'mmdet_sodgan.models.data_preprocessors.paired_resolution_preprocessor' in names
    )
    assert not any('generator' in name for name in names)


def test_comments_and_docstrings_do_not_count(package):
    before = package('"""Old."""\ndef f(x):\n    """Old."""\n    return x + 1\n')
    assert before == package(
        '"""New."""\n\n\ndef f(x):\n    """New."""\n    # why\n    return x + 1\n'
    )


def test_code_counts(package):
    before = package('def f(x):\n    return x + 1\n')
    assert before != package('def f(x):\n    return x + 2\n')


def test_a_module_that_is_gone_is_told(tool):
    name = 'mmdet_sodgan.never_was'
    assert tool.current_version([name]) == {name: 'missing'}


def test_differing_names_what_both_have_in_different_versions(tool):
    first, second = dict(a='1', b='2', c='3'), dict(b='2', c='4', d='5')
    assert tool.differing(first, second) == ['c']


def test_a_package_of_another_checkout_is_refused(tool, monkeypatch, tmp_path):
    tool.check_package()
    monkeypatch.setattr(tool, 'ROOT', tmp_path)
    with pytest.raises(SystemExit, match=f'imported from .*belongs to {tmp_path}: run'):
        tool.check_package()


def test_libraries_have_the_version_of_what_is_imported(tool):
    # Under both stacks, whose distributions have different names.
    import mmdet
    import numpy

    found = tool.current_version(['mmdet', 'numpy'])
    assert found == dict(mmdet=mmdet.__version__, numpy=numpy.__version__)
    assert tool.current_version(['never_installed']) == dict(never_installed='missing')


def test_hashes_do_not_depend_on_the_version_of_python(package):
    """Against the text of Python 3.11, of which the committed results are."""
    source = 'class A:\n    def f(self):\n        return g()\n'
    assert package(source) == '40e318cf35f3'
