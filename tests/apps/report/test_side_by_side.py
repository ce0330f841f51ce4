import json

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS

from mmdet_sodgan.apps.report import read_work_dir, summarise
from mmdet_sodgan.apps.report.side_by_side import TIME, pair_pictures, time_in_turns


def with_weights(folder):
    """Adds weights as they are drawn to a folder without checkpoint."""
    run = read_work_dir(folder)
    model = MODELS.build(run.config.model)
    meta = dict(dataset_meta=dict(classes=tuple('abcdef')))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), folder / 'epoch_1.pth')
    return summarise(read_work_dir(folder), test=False)


def test_two_runs_are_timed_on_the_same_images(work_dir):
    summaries = [with_weights(work_dir(name)) for name in ('ours', 'theirs')]
    time_in_turns(summaries)
    for summary in summaries:
        assert 0.001 < summary.times[TIME] < 60
        assert 'cost' not in summary.missing


def test_run_without_checkpoint_is_not_timed(work_dir):
    summaries = [
        with_weights(work_dir('ours')),
        summarise(read_work_dir(work_dir('theirs')), test=False),
    ]
    time_in_turns(summaries)
    assert all(TIME not in summary.times for summary in summaries)


def test_image_that_cannot_be_read_costs_the_time_and_not_the_page(work_dir, truth):
    summaries = [with_weights(work_dir(name)) for name in ('ours', 'theirs')]
    (truth.image_dir / 'one.png').write_bytes(b'no image')
    time_in_turns(summaries)
    assert TIME not in summaries[0].times
    (sentence,) = summaries[0].missing['cost']
    assert 'one.png cannot be read' in sentence


@pytest.mark.parametrize('number', [2, 4])
def test_images_on_which_two_runs_differ_most_stand_side_by_side(
    work_dir, found, number
):
    ours, theirs = work_dir('ours'), work_dir('theirs')
    # They miss image 1, and are better than we are on image 2.
    better = [item for item in found if item['image_id'] != 1]
    better = [x for x in better if x['image_id'] != 2 or x['score'] > 0.9]
    (theirs / 'found.bbox.json').write_text(json.dumps(better))
    first, second = (
        summarise(read_work_dir(path), test=False) for path in (ours, theirs)
    )
    pairs = pair_pictures(first, second, number)
    gains = [a.scored.score - b.scored.score for a, b in pairs]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] == 1.0 and gains[-1] < 0
    assert len(pairs) == min(number, 3)
    for a, b in pairs:
        assert a.scored.file_name == b.scored.file_name
        assert a.address.startswith('data:image/jpeg')


def test_size_of_the_difference_is_all_that_chooses(work_dir):
    runs = [summarise(read_work_dir(work_dir(n)), test=False) for n in ('a', 'b')]
    gains = [a.scored.score - b.scored.score for a, b in pair_pictures(*runs)]
    assert np.all(np.array(gains) == 0)
