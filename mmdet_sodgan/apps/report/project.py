from pathlib import Path

from ...apis.origin import check_origin, read_origin
from ...engine.resume.complete_checkpoint import find_complete_checkpoint
from ...utils.errors import UserError
from ...utils.read_config import read_config

#: Names of the configs of a project and of their work folders, the run itself first.
RUNS = ('sodgan', 'baseline')


def find_runs(folder: Path) -> list[Path]:
    """Find the work folders that a report of a folder is about.

    Args:
        folder (Path): A work folder, or a project of ``sodgan init``.

    Returns:
        list[Path]: The folder itself; or of a project those of SODGAN and of the
        baseline, if that is trained.

    Raises:
        ValueError: It is a project without a trained SODGAN.
        UserError: Its trainings differ in length, data, classes or start from each
            other, or, but for the length, from its configs.
    """
    if not all((folder / f'{name}.py').is_file() for name in RUNS):
        return [folder]
    work_dirs = [folder / 'work_dirs' / name for name in RUNS]
    found = [path for path in work_dirs if any(path.glob('*.pth'))]
    if work_dirs[0] not in found:
        raise ValueError(
            f'The project {folder} has no trained SODGAN yet: run `sodgan train '
            f'{folder}/sodgan.py`, or `sodgan compare {folder}`, which also trains '
            'the baseline.'
        )
    _check_runs(folder, found)
    return found


def _check_runs(folder: Path, work_dirs: list[Path]) -> None:
    origins = []
    for path in work_dirs:
        checkpoint = find_complete_checkpoint(path, ['*.pth'])
        origins.append({} if checkpoint is None else read_origin(checkpoint))
        if origins[-1]:
            cfg = read_config(folder / f'{path.name}.py')
            check_origin(checkpoint, cfg, origins[-1], length=False)
    first, last = origins[0], origins[-1]
    for key in first:
        # Their number of epochs says how long they are, whatever the batch size.
        if key != 'max_iters' and last.get(key, first[key]) != first[key]:
            raise UserError(
                f'{work_dirs[0]} is from a training with {key} = {first[key]}, and '
                f'{work_dirs[-1]} from one with {last[key]}, so they cannot be '
                'compared: move the one that is wrong away, or leave it to go on, and '
                f'run `sodgan compare {folder}`.'
            )
