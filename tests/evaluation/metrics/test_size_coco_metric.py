import io
import json

import numpy as np
import pytest
import torch
from mmdet.registry import METRICS
from mmengine.fileio import load
from mmengine.logging import MMLogger

from mmdet_sodgan.evaluation import SizeCocoMetric


@pytest.fixture
def use_logger(tmp_path):
    """Function that makes a logger the current one until the end of the test."""
    names = []

    def make(log_file=None):
        names.append(f'{tmp_path}-{len(names)}')
        return MMLogger.get_instance(names[-1], log_file=log_file)

    yield make
    for name in names:
        for handler in MMLogger._instance_dict.pop(name).handlers:
            handler.close()


def test_imperfect_boxes_score_by_size_as_mmdets_own_small_and_medium(
    ann_file, run, make_samples
):
    results = run(SizeCocoMetric(ann_file), make_samples(shift=2.0))
    # Shifted by 2 px, IoU is 1/2 at 6 px, 3/4 at 14 px, 7/8 at 30 px, 12/13 at 50 px.
    assert 0 < results['coco/bbox_size_small_AP'] < results['coco/bbox_size_medium_AP']
    assert results['coco/bbox_size_large_AP'] == -1.0
    for name, short in (('small', 's'), ('medium', 'm'), ('large', 'l')):
        ours = results[f'coco/bbox_size_{name}_AP']
        assert round(ours, 3) == results[f'coco/bbox_mAP_{short}']


def test_objects_without_iscrowd_are_no_crowds(ann_file, run, make_samples, tmp_path):
    with open(ann_file) as stream:
        coco = json.load(stream)
    path = tmp_path / 'without.json'
    for annotation in coco['annotations']:
        assert annotation.pop('iscrowd', 0) == 0
    path.write_text(json.dumps(coco))
    expected = run(SizeCocoMetric(ann_file), make_samples(shift=2.0))
    assert run(SizeCocoMetric(str(path)), make_samples(shift=2.0)) == expected


def test_ap50_and_ap75_follow_from_the_ious_of_shifted_boxes(
    ann_file, run, make_samples
):
    metric = SizeCocoMetric(ann_file, 'bbox_size', size_buckets=[0, 10, 20, 40, 60])
    results = run(metric, make_samples(shift=2.0))
    thresholds_met = {'0_10': 1, '10_20': 6, '20_40': 8, '40_60': 9}
    for name, met in thresholds_met.items():
        key = f'coco/bbox_size_{name}'
        # One object a bucket: AP is the share of thresholds that its IoU reaches.
        assert results[f'{key}_AP'] == pytest.approx(met / 10, abs=1e-12)
        assert results[f'{key}_AR'] == pytest.approx(met / 10, abs=1e-12)
        assert results[f'{key}_AP50'] == pytest.approx(1.0, abs=1e-12)
        assert results[f'{key}_AP75'] == pytest.approx(float(met >= 6), abs=1e-12)
        assert results[f'{key}_num_gt'] == 1


def test_without_ann_file_the_ground_truth_of_the_samples_is_used(
    ann_file, run, make_samples
):
    samples = make_samples(shift=2.0)
    from_file = run(SizeCocoMetric(ann_file, 'bbox_size'), samples)
    from_samples = run(SizeCocoMetric(metric='bbox_size'), samples)
    assert from_samples == from_file


def test_bbox_size_alone_gives_no_other_metric(ann_file, run, make_samples):
    results = run(SizeCocoMetric(ann_file, 'bbox_size'), make_samples())
    assert set(results) == {
        f'coco/bbox_size_{bucket}_{figure}'
        for bucket in ('small', 'medium', 'large')
        for figure in ('AP', 'AP50', 'AP75', 'AR', 'num_gt')
    }


def test_bbox_size_alone_writes_no_detections_to_a_file(
    ann_file, run, make_samples, monkeypatch
):
    metric = SizeCocoMetric(ann_file, 'bbox_size')
    monkeypatch.setattr(metric, 'results2json', None)
    assert run(metric, make_samples())['coco/bbox_size_medium_AP'] > 0


def test_without_bbox_size_it_is_mmdets_metric(ann_file, run, make_samples):
    results = run(SizeCocoMetric(ann_file, 'bbox'), make_samples(shift=2.0))
    expected = run(
        METRICS.build({'type': 'CocoMetric', 'ann_file': ann_file}),
        make_samples(shift=2.0),
    )
    assert results == expected


def test_proposal_and_segm_run_next_to_bbox_size(ann_file, run, make_samples):
    metric = SizeCocoMetric(ann_file, ['proposal', 'segm', 'bbox_size', 'bbox'])
    results = run(metric, make_samples(with_masks=True))
    assert results['coco/segm_mAP'] == 1.0
    assert results['coco/AR@100'] == 1.0
    assert results['coco/bbox_size_small_AP'] == pytest.approx(1.0, abs=1e-12)


def test_classwise_gives_each_class_its_own_figures(ann_file, run, make_samples, boxes):
    metric = SizeCocoMetric(ann_file, 'bbox_size', classwise=True)
    boxes = {**boxes, 1: boxes[1][:1]}  # the small 'open' is missed
    results = run(metric, make_samples(boxes))
    assert results['coco/bbox_size_small_AP_short'] == pytest.approx(1.0, abs=1e-12)
    # One of two small objects of class 'open' is found: 51 of 101 recall levels.
    assert results['coco/bbox_size_small_AP_open'] == pytest.approx(51 / 101, abs=1e-12)
    assert results['coco/bbox_size_small_num_gt_open'] == 2
    assert results['coco/bbox_size_medium_AP_open'] == -1.0


def test_all_values_are_plain_python_numbers(ann_file, run, make_samples):
    metric = SizeCocoMetric(ann_file, ['bbox', 'bbox_size', 'proposal'], classwise=True)
    results = run(metric, make_samples())
    assert {type(value) for value in results.values()} == {float, int}
    assert isinstance(results['coco/bbox_size_small_num_gt'], int)
    stream = io.BytesIO()
    torch.save(results, stream)
    stream.seek(0)
    loaded = torch.load(stream, weights_only=True)
    np.testing.assert_equal(loaded, results)


def test_no_detection_at_all_scores_0_where_there_are_objects(
    ann_file, run, make_samples, boxes
):
    samples = make_samples({image_id: [] for image_id in boxes})
    results = run(SizeCocoMetric(ann_file, ['bbox', 'bbox_size']), samples)
    assert results['coco/bbox_size_small_AP'] == 0.0
    assert results['coco/bbox_size_medium_AR'] == 0.0
    assert results['coco/bbox_size_large_AP'] == -1.0


def test_size_max_dets_limits_the_detections_of_an_image(
    ann_file, run, make_samples, boxes
):
    false_positives = [(0, 150, 150, 6, 6)] * 2  # before, and so scored above
    boxes = {**boxes, 1: [*false_positives, *boxes[1]]}
    recalls = [
        run(
            SizeCocoMetric(
                ann_file, 'bbox_size', size_max_dets=max_dets, classwise=True
            ),
            make_samples(boxes),
        )['coco/bbox_size_small_AR_short']
        for max_dets in (2, 3)
    ]
    assert recalls == [0.0, 1.0]


def test_format_only_writes_results_and_evaluates_nothing(
    ann_file, tmp_path, run, make_samples
):
    metric = SizeCocoMetric(
        ann_file,
        ['bbox', 'bbox_size'],
        format_only=True,
        outfile_prefix=str(tmp_path / 'results'),
        out_dir=str(tmp_path / 'out'),
    )
    assert run(metric, make_samples()) == {}
    assert len(load(str(tmp_path / 'results.bbox.json'))) == 4
    assert not list((tmp_path / 'out').iterdir())


def test_report_goes_to_out_dir_and_repeats_the_metrics(
    ann_file, tmp_path, run, make_samples
):
    out_dir = tmp_path / 'new' / 'out'
    metric = SizeCocoMetric(
        ann_file, 'bbox_size', size_buckets='aitod', classwise=True, out_dir=out_dir
    )
    results = run(metric, make_samples(shift=2.0))
    report = json.loads((out_dir / 'bbox_size.json').read_text())
    assert report['preset'] == 'aitod'
    assert report['ann_file'] == ann_file
    assert report['num_images'] == 3
    assert report['num_gt'] == 4
    assert report['iou_thrs'] == pytest.approx(np.linspace(0.5, 0.95, 10).tolist())
    for bucket in report['buckets']:
        key = f'coco/bbox_size_{bucket["name"]}_AP'
        assert bucket['AP'] == results[key]
        assert bucket['per_class']['open']['AP'] == results[f'{key}_open']
    picture = (out_dir / 'ap_by_size.png').read_bytes()
    assert picture.startswith(b'\x89PNG')


def test_report_goes_next_to_the_log_file_by_default(
    ann_file, tmp_path, use_logger, run, make_samples
):
    log_file = tmp_path / 'run' / '20260101.log'
    log_file.parent.mkdir()
    use_logger(str(log_file))
    run(SizeCocoMetric(ann_file, 'bbox_size'), make_samples())
    assert (log_file.parent / 'bbox_size.json').is_file()
    assert (log_file.parent / 'ap_by_size.png').is_file()


def test_without_log_file_and_out_dir_no_file_is_written(
    ann_file, tmp_path, monkeypatch, use_logger, run, make_samples
):
    monkeypatch.chdir(tmp_path)
    use_logger()
    before = set(tmp_path.rglob('*'))
    run(SizeCocoMetric(ann_file, 'bbox_size'), make_samples())
    assert set(tmp_path.rglob('*')) == before


def test_table_is_logged_with_the_number_of_objects_outside_all_buckets(
    ann_file, tmp_path, use_logger, run, make_samples
):
    use_logger(str(tmp_path / 'run.log'))
    run(SizeCocoMetric(ann_file, 'bbox_size', size_buckets=[8, 32]), make_samples())
    text = (tmp_path / 'run.log').read_text()
    assert '2 of 4 ground-truth boxes lie outside all buckets' in text
    assert '| 8_32   | [8, 32)    | 2   | 1.000 | 1.000 | 1.000 | 1.000 |' in text


@pytest.mark.parametrize('metric', ['bbox', 'bbox_size'])
def test_images_that_were_not_evaluated_are_refused_unless_a_part_is_meant(
    ann_file, run, make_samples, boxes, use_logger, tmp_path, metric
):
    log = tmp_path / 'run.log'
    use_logger(str(log))
    run(SizeCocoMetric(ann_file, metric), make_samples())
    assert 'were evaluated' not in log.read_text()
    del boxes[1]
    text = f'2 of the 3 images of {ann_file} were evaluated: '
    with pytest.raises(ValueError, match=f'^{text}give the file that the dataset'):
        run(SizeCocoMetric(ann_file, metric), make_samples(boxes))
    run(SizeCocoMetric(ann_file, metric, partial=True), make_samples(boxes))
    assert f'{text}the objects in the others count as missed.' in log.read_text()
