"""Which results count, and which training of its teacher a student comes from.

A student starts from its teacher's weights and imitates them. A teacher that is
trained again under the same name, with another budget or on another machine, is
another one, and its students' figures do not belong beside its own.
"""

import json

from .code_version import current_version
from .curves import curves
from .settings import Run, data_version, load_benchmark, settings_hash, short_hash


def training_version(result: dict) -> str:
    """What tells one training from another: its settings and its losses.

    Weights are not committed; losses are, and those of the same weights are the same.

    Args:
        result (dict): Of a run, as in its file.

    Returns:
        str: Hash.
    """
    told = [result['settings'], result['curves']['train']]
    return short_hash(json.dumps(told, sort_keys=True).encode())


def teacher_version(run: Run) -> str | None:
    """The training of its teacher that a run would start from now.

    Args:
        run (Run): Which.

    Returns:
        str | None: Hash; 'missing' where the teacher has no result, None where the
        run has no teacher.
    """
    if run.teacher is None:
        return None
    if not run.teacher.result.is_file():
        return 'missing'
    return training_version(json.loads(run.teacher.result.read_text()))


def students(teacher: Run) -> list[Run]:
    """All runs of its benchmark that would start from a run.

    Args:
        teacher (Run): Which.

    Returns:
        list[Run]: Of the same preset and seed.
    """
    rows = load_benchmark(teacher.benchmark).rows
    runs = (teacher._replace(row=row) for row in rows)
    return [run for run in runs if run.teacher == teacher]


def inputs(run: Run) -> dict:
    """What a run is made of, but for code, as hashes.

    Args:
        run (Run): Which.

    Returns:
        dict: 'settings', 'data' (annotations by split), 'teacher'.
    """
    return dict(
        settings=settings_hash(run),
        data=data_version(run),
        teacher=teacher_version(run),
    )


def finished(run: Run) -> bool:
    """Whether its result is there, of the present code, settings, data and teacher."""
    if not run.result.is_file():
        return False
    result = json.loads(run.result.read_text())
    # Files of earlier versions do not name their annotations and teacher.
    same = all(result.get(key) == value for key, value in inputs(run).items())
    return same and result['code'] == current_version(result['code'])


def usable(teacher: Run) -> bool:
    """Whether a student can start from it: its weights are those of its result.

    They are not where a training was repeated and stopped before its test.

    Args:
        teacher (Run): Which.
    """
    if not (teacher.checkpoint.is_file() and teacher.stamp.is_file()):
        return False
    if not finished(teacher):
        return False
    made = dict(
        settings=json.loads(teacher.stamp.read_text())['settings'],
        curves=curves(teacher.work_dir),
    )
    result = json.loads(teacher.result.read_text())
    return training_version(made) == training_version(result)
