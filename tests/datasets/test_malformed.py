"""200 broken data sets: each is handled as documented, or refused in a sentence."""

import copy
import gc
import math
from collections import Counter

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.runner import Runner

from mmdet_sodgan.apps.doctor.inspect_dataset import inspect_dataset
from mmdet_sodgan.datasets import DataError
from mmdet_sodgan.datasets.problem import KINDS, REFUSED

from . import malformed_annotations, malformed_images  # noqa: F401 - fill BREAKS
from .malformed import BREAKS, CLASSES, make

NUM_CASES = 200


@pytest.fixture
def load_batch(small_cfg):
    """Build the data set in a folder and load all of it as a batch of training."""
    # Building a data set collects garbage, which takes a second among all that the
    # tests have imported.
    gc.freeze()
    preprocessor = MODELS.build(small_cfg.model.data_preprocessor)

    def load(folder, num_workers=0):
        loader = copy.deepcopy(small_cfg.train_dataloader)
        loader.update(batch_size=3, num_workers=num_workers)
        loader.dataset.update(
            type='SmallObjectCocoDataset',
            data_root=str(folder),
            ann_file='ann.json',
            data_prefix=dict(img='img/'),
            metainfo=dict(classes=CLASSES),
        )
        (batch,) = Runner.build_dataloader(loader, seed=0)
        return preprocessor(batch, training=True)

    yield load
    gc.unfreeze()


def check_batch(batch):
    assert torch.isfinite(batch['inputs']).all()
    for sample in batch['data_samples']:
        height, width = sample.img_shape
        bounds = torch.tensor([width, height, width, height])
        boxes = sample.gt_instances.bboxes
        boxes = getattr(boxes, 'tensor', boxes)
        assert torch.isfinite(boxes).all()
        assert (boxes >= 0).all() and (boxes <= bounds).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()


def train(load_batch, folder):
    """Sentence of the refusal, None where the data set is loaded."""
    try:
        check_batch(load_batch(folder))
    except DataError as error:
        assert str(error) == error.sentence and '\n' not in error.sentence
        assert str(folder / 'ann.json') in error.sentence
        return error.sentence
    return None


def test_200_broken_data_sets_are_handled_or_refused(load_batch, tmp_path, capsys):
    outcomes, failures = Counter(), []
    for number in range(NUM_CASES):
        folder = tmp_path / str(number)
        kind, name = make(number, folder)
        try:
            report = inspect_dataset(
                folder / 'ann.json', folder / 'img', classes=CLASSES
            )
            refusal = train(load_batch, folder)
        except Exception as error:
            failures.append(f'{number} {name}: {type(error).__name__}: {error}')
            continue
        outcome = KINDS[kind].outcome if kind else 'no problem'
        outcomes[outcome] += 1
        found = set(report.sentences)
        # The report is the training's, and both are as documented.
        if (refusal is not None) != (outcome == REFUSED):
            failures.append(f'{number} {name}: {outcome} expected, not {refusal}')
        if report.refused != (outcome == REFUSED):
            failures.append(f'{number} {name}: the report has {found}')
        if not (kind in found if kind else found <= {'annotation id 0'}):
            failures.append(f'{number} {name}: {kind} expected, not {found}')
    with capsys.disabled():
        print(f'\n{NUM_CASES} broken data sets: {dict(outcomes)}')
    assert not failures, '\n'.join(failures)
    assert outcomes.total() == NUM_CASES


def test_each_kind_of_problem_is_among_the_cases():
    assert {kind for kind, _ in BREAKS if kind} == set(KINDS)
    assert math.floor(NUM_CASES / len(BREAKS)) >= 4


def test_worker_process_refuses_an_image_in_the_same_sentence(load_batch, tmp_path):
    numbers = range(len(BREAKS))
    number = next(i for i in numbers if BREAKS[i][0] == 'unreadable image')
    make(number, tmp_path / 'set')
    with pytest.raises(DataError) as here:
        load_batch(tmp_path / 'set')
    with pytest.raises(DataError) as there:
        load_batch(tmp_path / 'set', num_workers=1)
    assert 'worker process' in str(there.value)
    assert there.value.sentence == here.value.sentence
