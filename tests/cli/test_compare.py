import pytest
import torch

from mmdet_sodgan.apis import teacher_first
from mmdet_sodgan.cli import compare
from mmdet_sodgan.cli.main import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose trainings and report only tell what is asked of them."""
    done = []
    for name, epochs in (('sodgan', 6), ('baseline', 6)):
        (tmp_path / f'{name}.py').write_text(
            f"work_dir = '{tmp_path}/work_dirs/{name}'\n"
            f'train_cfg = dict(max_epochs={epochs})\n'
        )
    monkeypatch.setattr(
        teacher_first,
        'train_in_process',
        lambda path, arguments: done.append((path.name, *arguments)),
    )
    monkeypatch.setattr(
        compare, 'write_report', lambda folder, **options: done.append(options)
    )
    return tmp_path, done


def test_what_is_missing_is_trained_before_the_report(project):
    folder, done = project
    main(['compare', str(folder), '--verbose', '--num-images', '2'])
    page = dict(out=None, score_thr=0.3, num_images=2)
    assert done == [('sodgan.py', '--verbose'), ('baseline.py', '--verbose'), page]


def test_what_is_trained_is_not_trained_again(project):
    folder, done = project
    (folder / 'work_dirs/sodgan').mkdir(parents=True)
    torch.save({}, folder / 'work_dirs/sodgan/epoch_6.pth')
    main(['compare', str(folder)])
    assert done[0] == ('baseline.py',) and len(done) == 2


@pytest.mark.parametrize('name', ['epoch_6.pth', 'epoch_2.pth'])
def test_what_is_trained_otherwise_is_refused_before_anything_is_trained(project, name):
    folder, done = project
    (folder / 'work_dirs/baseline').mkdir(parents=True)
    info = dict(origin=dict(load_from='../teacher/epoch_9.pth'))
    torch.save(
        dict(message_hub=dict(runtime_info=info)),
        folder / 'work_dirs/baseline' / name,
    )
    with pytest.raises(SystemExit, match='load_from = .*epoch_9.pth, and .* None'):
        main(['compare', str(folder)])
    assert not done


def test_folder_that_is_no_project_is_refused(tmp_path):
    with pytest.raises(SystemExit, match='is no project: There is no config .*sodgan'):
        main(['compare', str(tmp_path)])
