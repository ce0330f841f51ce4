import pytest
import torch

from mmdet_sodgan.apps.report import find_runs
from mmdet_sodgan.utils.errors import UserError


@pytest.fixture
def project(tmp_path):
    for name in ('teacher', 'baseline', 'sodgan'):
        (tmp_path / f'{name}.py').write_text(f"work_dir = '{tmp_path}/{name}'\n")
    return tmp_path


def trained(project, name, epoch=1, max_epochs=1, **origin):
    folder = project / 'work_dirs' / name
    folder.mkdir(parents=True)
    info = dict(max_epochs=max_epochs, origin=origin)
    torch.save(
        dict(message_hub=dict(runtime_info=info), meta=dict(epoch=epoch)),
        folder / 'epoch_1.pth',
    )
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


@pytest.mark.parametrize(
    'key, sodgan, baseline',
    [
        ('max_epochs', dict(max_epochs=1), dict(max_epochs=3)),
        ('epoch', dict(epoch=6, max_epochs=6), dict(epoch=3, max_epochs=6)),
        ('classes', dict(classes=['a']), dict(classes=['b'])),
    ],
)
def test_trainings_that_differ_are_not_compared(project, key, sodgan, baseline):
    trained(project, 'sodgan', **sodgan)
    trained(project, 'baseline', **baseline)
    with pytest.raises(UserError, match=f'with {key} = .*, so they cannot be compared'):
        find_runs(project)


def test_training_that_its_config_no_longer_describes_is_not_reported(project):
    trained(project, 'sodgan', load_from='../teacher/epoch_2.pth')
    with pytest.raises(UserError, match='load_from = .*epoch_2.pth, and .*sodgan.py'):
        find_runs(project)
