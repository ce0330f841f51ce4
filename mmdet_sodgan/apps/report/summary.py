"""Everything that the page says about one run."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mmengine.config import Config

from .configuration import differences, find_default
from .cost import Cost, logged_times, measure_cost
from .detections import find_detections, read_known_detections
from .errors import ErrorRow, count_errors
from .ground_truth import GroundTruth, find_size_buckets, read_ground_truth
from .images import ScoredImage, choose, draw, score_images
from .sizes import measure_sizes, sizes_of_file
from .work_dir import WorkDir

#: Keys of a config that say most about it.
FACTS = {
    'detector': 'model.type',
    'backbone': 'model.backbone.type',
    'depth': 'model.backbone.depth',
    'generator': 'model.generator.type',
    'started from': 'load_from',
    'epochs': 'train_cfg.max_epochs',
    'iterations': 'train_cfg.max_iters',
    'images per batch': 'train_dataloader.batch_size',
    'optimizer': 'optim_wrapper.optimizer.type',
    'learning rate': 'optim_wrapper.optimizer.lr',
    'seed': 'randomness.seed',
    'training images': 'train_dataloader.dataset.ann_file',
    'test images': 'test_dataloader.dataset.ann_file',
}


@dataclass
class Picture:
    """An image of the test as it stands in the page."""

    scored: ScoredImage
    address: str | None


@dataclass
class Summary:
    """What is known of a run.

    Attributes:
        run (WorkDir): Its files.
        facts (dict[str, object]): The config in short.
        default (Path | None): Config of the zoo with the same name.
        changes (list[tuple[str, str, str]]): Key, value there, value here.
        truth (GroundTruth | None): Objects of the test images.
        scored (list[ScoredImage]): The test images, from the best to the worst.
        source (str | None): Where the detections come from.
        sizes (list[dict]): From :func:`measure_sizes` or :func:`sizes_of_file`.
        errors (list[ErrorRow]): Errors by size.
        best (list[Picture]): The best images, best first.
        worst (list[Picture]): The worst images, worst first.
        cost (Cost | None): What the network costs.
        times (dict[str, float]): Seconds, as logged.
        missing (dict[str, list[str]]): Section -> sentences on what is not there.
    """

    run: WorkDir
    facts: dict[str, object]
    default: Path | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    truth: GroundTruth | None = None
    scored: list[ScoredImage] = field(default_factory=list)
    source: str | None = None
    sizes: list[dict] = field(default_factory=list)
    errors: list[ErrorRow] = field(default_factory=list)
    best: list[Picture] = field(default_factory=list)
    worst: list[Picture] = field(default_factory=list)
    cost: Cost | None = None
    times: dict[str, float] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def largest_gain(self) -> float:
        """float: The largest gain of mending one kind of error."""
        return max(gain for row in self.errors for gain in row.gains.values())

    def miss(self, section: str, sentence: object) -> None:
        """Remember that something is not there, and why."""
        text = str(sentence)
        self.missing.setdefault(section, []).append(text[:1].upper() + text[1:])


def summarise(
    run: WorkDir,
    *,
    detections: Path | None = None,
    checkpoint: Path | None = None,
    test: bool = True,
    score_thr: float = 0.3,
    num_images: int = 4,
) -> Summary:
    """Collect and compute what the page shows of a run.

    Args:
        run (WorkDir): The run.
        detections (Path, optional): File of detections in COCO format, in place of
            the newest in the work_dir.
        checkpoint (Path, optional): Weights to test anew.
        test (bool): Whether to test the last checkpoint where there are no
            detections, or older ones.
        score_thr (float): Confidence from which on a detection counts for the score
            of an image.
        num_images (int): Best and worst images, each.

    Returns:
        Summary: All that was found; ``missing`` names the rest.

    Raises:
        ValueError: ``detections`` or ``checkpoint`` cannot be used.
    """
    facts = {name: _get(run.config, key) for name, key in FACTS.items()}
    summary = Summary(run, {k: v for k, v in facts.items() if v is not None})
    summary.default = find_default(run.config_path.name)
    if summary.default is not None:
        default = Config.fromfile(summary.default)
        summary.changes = differences(default, run.config)
    if not run.steps and not run.validations:
        summary.miss('curves', 'there is no training log (*/vis_data/scalars.json).')
    for log in run.cut_logs:
        summary.miss(
            'curves',
            f'the last line of {log.relative_to(run.path)} is unfinished, as the run '
            'was ended while it wrote, and is left out.',
        )
    try:
        summary.truth = truth = read_ground_truth(run.config)
        path = find_detections(run, detections, checkpoint, test)
        found = read_known_detections(path, truth)
    except ValueError as error:
        if detections or checkpoint:
            raise
        for section in ('sizes', 'errors', 'images'):
            summary.miss(section, error)
        _read_sizes(summary)
    else:
        summary.source = f'{path.name}, {_date(path)}'
        buckets = find_size_buckets(run.config, run.by_size)
        max_dets = (run.by_size or {}).get('max_dets', 100)
        summary.sizes = measure_sizes(truth, found, buckets, max_dets)
        summary.errors = count_errors(truth, found, buckets, max_dets)
        if not summary.errors:
            summary.miss('errors', 'the test images have no object.')
        summary.scored = score_images(truth, found, score_thr)
        summary.best, summary.worst = (
            [take_picture(summary, each) for each in part]
            for part in choose(summary.scored, num_images)
        )
        if not summary.best:
            summary.miss('images', 'there are fewer than two images with a score.')
    summary.times = logged_times(run)
    _measure_cost(summary)
    return summary


def _measure_cost(summary: Summary) -> None:
    """Take the cost of predicting an image as large as the first of the test."""
    first = next(iter(summary.truth.images.values()), {}) if summary.truth else {}
    if not {'width', 'height'} <= first.keys():
        summary.miss(
            'cost',
            'the cost of a prediction is not known, as the annotation file that gives '
            'the size of the test images cannot be used, or has none.',
        )
        return
    image = first['width'], first['height']
    try:
        summary.cost = measure_cost(summary.run.config, image)
    # Whatever a config of somebody else's stumbles over must not cost the report.
    except Exception as error:
        summary.miss(
            'cost',
            f'the network could not be built and run: {type(error).__name__}: {error}.',
        )


def _read_sizes(summary: Summary) -> None:
    """Take what the metric of the run itself has written."""
    run = summary.run
    if run.by_size is None:
        summary.miss('sizes', 'there is no bbox_size.json of SizeCocoMetric either.')
        return
    buckets = find_size_buckets(run.config, run.by_size)
    summary.sizes = sizes_of_file(run.by_size, buckets)


def take_picture(summary: Summary, scored: ScoredImage) -> Picture:
    """Draw an image of a run's test, or remember why that cannot be done.

    Args:
        summary (Summary): The run; its ``truth`` knows where the image is.
        scored (ScoredImage): The image.

    Returns:
        Picture: The image, without address where it cannot be read.
    """
    try:
        return Picture(scored, draw(summary.truth, scored))
    except (OSError, ValueError) as error:
        summary.miss('images', f'an image is missing here: {error}')
        return Picture(scored, None)


def _get(config: Config, key: str) -> object:
    """Return the value of a dotted key, None where there is none."""
    value = config
    for name in key.split('.'):
        value = value.get(name) if hasattr(value, 'get') else None
    return value


def _date(path: Path) -> str:
    return f'{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}'
