"""What a training or a test leaves in its work_dir."""

import json
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ...engine.resume.complete_checkpoint import find_complete_checkpoint
from ...evaluation.metrics.size_report import JSON_NAME, load_report

DETECTIONS = '*.bbox.json'


@dataclass
class WorkDir:
    """Files of one run.

    Attributes:
        path (Path): The folder.
        config_path (Path): The config that was run, whole.
        config (Config): The same, read.
        steps (list[dict]): Rows of the training log, by rising ``step`` (iteration).
        validations (list[dict]): Rows of the validations, by rising ``step``
            (epoch, or iteration where training counts these).
        by_size (dict | None): The newest ``bbox_size.json``.
        checkpoint (Path | None): The last complete one.
        detections (Path | None): The newest file of detections in COCO format.
        cut_logs (list[Path]): Logs whose last line is unfinished and left out.
    """

    path: Path
    config_path: Path
    config: Config
    steps: list[dict]
    validations: list[dict]
    by_size: dict | None
    checkpoint: Path | None
    detections: Path | None
    cut_logs: list[Path]

    @property
    def name(self) -> str:
        """str: Name in the report, which is that of the folder."""
        return self.path.resolve().name


def read_work_dir(path: str | Path) -> WorkDir:
    """Read what is there.

    Args:
        path (str | Path): The folder.

    Returns:
        WorkDir: Its files; those that are missing are None or empty.

    Raises:
        ValueError: It is no work_dir, or a file in it cannot be read.
    """
    path = Path(path)
    configs = _by_age(path.glob('*.py'))
    if not configs:
        raise ValueError(
            f'{path} is no work_dir, as it holds no config (.py); give the folder that '
            'mim train or mim test wrote to.'
        )
    steps, validations, cut_logs = [], [], []
    for log in sorted(path.glob('*/vis_data/scalars.json')):
        rows, cut = _read_log(log)
        cut_logs += [log] * cut
        # Epochs and iterations of validations may have the same numbers.
        _continue(steps, [row for row in rows if 'loss' in row])
        _continue(validations, [row for row in rows if 'loss' not in row])
    reports = _by_age(path.glob(f'**/{JSON_NAME}'))
    detections = _by_age(path.glob(f'**/{DETECTIONS}'))
    return WorkDir(
        path,
        configs[-1],
        _read_config(path, configs[-1]),
        steps,
        validations,
        load_report(reports[-1]) if reports else None,
        find_complete_checkpoint(path, ['*.pth']),
        detections[-1] if detections else None,
        cut_logs,
    )


def _read_config(path: Path, file: Path) -> Config:
    """Read a run's config; a training that went on has the start of its first part."""
    config = Config.fromfile(file)
    if config.get('resume'):
        parts = map(Config.fromfile, sorted(path.glob('*/vis_data/config.py')))
        first = next((part for part in parts if not part.get('resume')), {})
        config.load_from = first.get('load_from')
    return config


def _read_log(path: Path) -> tuple[list[dict], bool]:
    """Read the rows of a log, and say whether an unfinished last one is left out."""
    rows, cut = [], False
    for number, line in enumerate(path.read_text().splitlines(keepends=True), 1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            # The run was killed while it wrote: the last line has no end.
            cut = not line.endswith('\n')
            if not cut:
                raise ValueError(
                    f'{path} is no log of mmengine, as line {number} is no JSON; '
                    'remove the file, or the line.'
                ) from error
    # Other rows would be of a test, which has no step of training.
    return [row for row in rows if 'step' in row], cut


def _continue(rows: list[dict], later: list[dict]) -> None:
    """Add the rows of a resumed run, which take the place of those they repeat."""
    if later:
        rows[:] = [row for row in rows if row['step'] < later[0]['step']] + later


def _by_age(paths) -> list[Path]:
    return sorted(paths, key=lambda path: path.stat().st_mtime)
