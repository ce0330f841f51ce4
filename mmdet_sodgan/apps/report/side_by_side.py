"""What two runs give on the same images: their times, and their pictures."""

import statistics
import time
from collections.abc import Sequence

from ...apis import Predictor
from ...utils.errors import UserError
from .summary import Picture, Summary, take_picture

#: Name of the time in the report.
TIME = 'prediction, s per image, both in turns'
#: Images that are timed, and how often.
IMAGES, ROUNDS = 8, 3


def time_in_turns(summaries: Sequence[Summary]) -> None:
    """Time the last checkpoints of runs on the same images, one after the other.

    What else the machine does then falls on both. An image counts from its pixels to
    its detections, alone, on the device that predictions use by default.

    Args:
        summaries (Sequence[Summary]): Get the median in ``times``; a run without
            checkpoint or images gets none, nor do the others.
    """
    first = summaries[0]
    if first.truth is None or any(s.run.checkpoint is None for s in summaries):
        return
    names = [image['file_name'] for image in first.truth.images.values()][:IMAGES]
    try:
        predictors = [Predictor(s.run.config, s.run.checkpoint) for s in summaries]
        images = [predictors[0].load(first.truth.image_dir / name) for name in names]
        seconds = [[] for _ in summaries]
        # The first round warms up.
        for counts in [False] + [True] * ROUNDS:
            for image in images:
                for predictor, found in zip(predictors, seconds, strict=True):
                    began = time.perf_counter()
                    predictor(image)
                    if counts:
                        found.append(time.perf_counter() - began)
    except (UserError, ValueError) as error:
        first.miss('cost', f'the two could not be timed together: {error}')
        return
    for summary, found in zip(summaries, seconds, strict=True):
        if found:
            summary.times[TIME] = statistics.median(found)


def pair_pictures(
    first: Summary, second: Summary, number: int = 4
) -> list[tuple[Picture, Picture]]:
    """Draw the images on which two runs differ most.

    Args:
        first (Summary): A run.
        second (Summary): Another, tested on the same images.
        number (int): At most so many images. Defaults to 4.

    Returns:
        list[tuple[Picture, Picture]]: Half of them those on which the first gains most
        in score, by falling gain, and half those on which it loses most.
    """
    others = {scored.file_name: scored for scored in second.scored}
    pairs = [
        (scored, others[scored.file_name])
        for scored in first.scored
        if scored.file_name in others
    ]
    pairs.sort(key=lambda pair: pair[1].score - pair[0].score)
    if len(pairs) > number:
        half = number // 2
        pairs = pairs[: number - half] + pairs[len(pairs) - half :]
    return [(take_picture(first, a), take_picture(second, b)) for a, b in pairs]
