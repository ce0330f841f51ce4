"""Which training of its teacher a student comes from.

A student starts from its teacher's weights and imitates them. A teacher that is
trained again under the same name, with another budget or on another machine, is
another one, and its students' figures do not belong beside its own.
"""

import hashlib
import json

from settings import Run, load_benchmark


def training_version(result: dict) -> str:
    """What tells one training from another: its settings and its losses.

    Weights are not committed; losses are, and those of the same weights are the same.

    Args:
        result (dict): Of a run, as in its file.

    Returns:
        str: Hash.
    """
    told = [result['settings'], result['curves']['train']]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


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
