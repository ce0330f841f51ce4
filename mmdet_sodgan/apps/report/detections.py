import copy
from pathlib import Path

from mmengine.config import Config

from ...apis.runner import build_runner
from ...evaluation.detections import read_detections
from ...utils.errors import CheckpointError
from .ground_truth import GroundTruth
from .work_dir import DETECTIONS, WorkDir


def run_test(config: Config, checkpoint: Path, out_dir: Path) -> Path:
    """Test a checkpoint and write its detections.

    Args:
        config (Config): The config of the run, which is not changed.
        checkpoint (Path): The weights to test.
        out_dir (Path): Folder for log, figures by size and detections.

    Returns:
        Path: ``<out_dir>/<name of the checkpoint>.bbox.json``, in COCO format.

    Raises:
        ValueError: The test has several metrics or none of COCO's format.
    """
    config = copy.deepcopy(config)
    evaluator = config.test_evaluator
    if not isinstance(evaluator, dict) or 'Coco' not in evaluator.get('type', ''):
        raise ValueError(
            'test_evaluator is not one CocoMetric or SizeCocoMetric, which would write '
            'the detections; give a file of them in COCO format with --detections.'
        )
    prefix = out_dir.resolve() / checkpoint.stem
    evaluator.outfile_prefix = str(prefix)
    config.load_from, config.work_dir = str(checkpoint), str(out_dir)
    config.launcher, config.resume = 'none', False
    build_runner(config, stages=('test',), quiet=True).test()
    return Path(f'{prefix}.bbox.json')


def find_detections(
    run: WorkDir, detections: Path | None, checkpoint: Path | None, test: bool
) -> Path:
    """Find the file of a run's detections, or make it by a test.

    Args:
        run (WorkDir): The run.
        detections (Path, optional): A file that is taken as it is.
        checkpoint (Path, optional): Weights that are tested anew.
        test (bool): Whether to test the last checkpoint where there are no
            detections, or older ones.

    Returns:
        Path: The file, in COCO format.

    Raises:
        ValueError: There is nothing, or the test failed for want of its data.
    """
    if detections is not None:
        return detections
    if checkpoint is None and test:
        # Detections that are older are of another epoch.
        if run.detections is None or _is_newer(run.checkpoint, run.detections):
            checkpoint = run.checkpoint
    if checkpoint is None and run.detections is not None:
        return run.detections
    if checkpoint is None:
        raise ValueError(
            f'there are no detections ({DETECTIONS}) in {run.path} and no checkpoint '
            'to test; give --detections or --checkpoint.'
        )
    try:
        return run_test(run.config, checkpoint, run.path / 'report')
    except (OSError, CheckpointError) as error:
        raise ValueError(f'{checkpoint} could not be tested: {error}') from error


def _is_newer(path: Path | None, other: Path) -> bool:
    return path is not None and path.stat().st_mtime > other.stat().st_mtime


def read_known_detections(path: Path, truth: GroundTruth) -> list[dict]:
    """Read detections on the images of a test.

    Args:
        path (Path): The file.
        truth (GroundTruth): The objects of the images that were looked at.

    Returns:
        list[dict]: As :func:`read_detections` returns them.

    Raises:
        ValueError: The file has another format, or detections on other images or
            classes.
    """
    found = read_detections(path)
    for key, known in (('image_id', truth.images), ('category_id', truth.classes)):
        unknown = {item[key] for item in found} - known.keys()
        if unknown:
            raise ValueError(
                f'{path} has detections with {key} {min(unknown)}, which the '
                'annotation file does not list; give those of the test images.'
            )
    return found
