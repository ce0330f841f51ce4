import pytest

from mmdet_sodgan.apps.report import find_runs


@pytest.fixture
def project(tmp_path):
    for name in ('teacher', 'baseline', 'sodgan'):
        (tmp_path / f'{name}.py').touch()
    return tmp_path


def trained(project, name):
    folder = project / 'work_dirs' / name
    folder.mkdir(parents=True)
    (folder / 'epoch_1.pth').touch()
    return folder


def test_a_work_folder_is_itself(tmp_path):
    (tmp_path / 'sodgan.py').touch()
    assert find_runs(tmp_path) == [tmp_path]


def test_a_project_has_the_runs_that_are_trained(project):
    sodgan = trained(project, 'sodgan')
    assert find_runs(project) == [sodgan]
    baseline = trained(project, 'baseline')
    assert find_runs(project) == [sodgan, baseline]


def test_a_project_without_a_trained_sodgan_says_what_to_run(project):
    trained(project, 'baseline')
    with pytest.raises(ValueError, match=f'sodgan train {project}/sodgan.py'):
        find_runs(project)
