from pathlib import Path

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
    return found
