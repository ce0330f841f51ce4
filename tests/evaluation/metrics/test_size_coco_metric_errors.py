import pytest
from mmengine.fileio import dump, load

from mmdet_sodgan.evaluation import SizeCocoMetric


@pytest.mark.parametrize(
    'kwargs, error, message',
    [
        ({'metric': ['bbox', 'boxes']}, KeyError, "got boxes.*'bbox_size' is valid"),
        ({'size_buckets': 'voc'}, ValueError, "unknown preset 'voc'"),
        ({'size_buckets': [0, 32, 16]}, ValueError, 'must increase'),
        ({'size_max_dets': 0}, ValueError, 'size_max_dets must be a positive'),
        ({'iou_thrs': [0.5]}, ValueError, r'iou_thrs \[0.5\] lacks 0.75'),
        ({'iou_thrs': 0.5}, ValueError, r'iou_thrs \[0.5\] lacks 0.75'),
    ],
)
def test_bad_arguments_are_refused_at_construction(ann_file, kwargs, error, message):
    with pytest.raises(error, match=message):
        SizeCocoMetric(ann_file, **kwargs)


def test_out_dir_that_is_a_file_is_refused_before_the_evaluation(ann_file):
    with pytest.raises(OSError, match='annotations.json cannot be written to'):
        SizeCocoMetric(ann_file, out_dir=ann_file)


def test_out_dir_that_is_not_writable_is_refused_before_the_evaluation(ann_file):
    # Not even root may write there.
    with pytest.raises(OSError, match='out_dir /proc cannot be written to'):
        SizeCocoMetric(ann_file, out_dir='/proc')


def edit(ann_file, **changes):
    dump({**load(ann_file), **changes}, ann_file)


def test_annotation_file_without_images_is_refused(ann_file):
    edit(ann_file, images=[])
    with pytest.raises(ValueError, match='annotations.json lists no images'):
        SizeCocoMetric(ann_file)


def test_class_without_category_is_refused(ann_file, run, make_samples):
    metric = SizeCocoMetric(ann_file)
    with pytest.raises(ValueError, match=r"no category for the classes \['spur'\]"):
        run(metric, make_samples(), classes=('short', 'spur'))


def test_annotation_without_area_is_refused(ann_file, run, make_samples):
    annotations = load(ann_file)['annotations']
    del annotations[1]['area']
    edit(ann_file, annotations=annotations)
    metric = SizeCocoMetric(ann_file, 'bbox_size')
    with pytest.raises(ValueError, match="annotation 2 has no 'area'"):
        run(metric, make_samples())


def test_evaluated_image_that_the_file_lacks_is_refused(
    ann_file, run, make_samples, boxes
):
    metric = SizeCocoMetric(ann_file, 'bbox_size')
    samples = make_samples({**boxes, 77: [(0, 1, 1, 5, 5)]})
    with pytest.raises(ValueError, match=r'does not list the evaluated images \[77\]'):
        run(metric, samples)
