from mmdet_sodgan.engine.screen.scores import format_scores


def test_scores_by_size_are_in_one_line():
    metrics = {
        'coco/bbox_mAP': 0.314,
        'coco/bbox_mAP_50': 0.6,
        'coco/bbox_mAP_s': 0.2,
        'coco/bbox_size_0_8_AP': 0.1,
        'coco/bbox_size_0_8_AP50': 0.3,
        'coco/bbox_size_0_8_AP_car': 0.1,
        'coco/bbox_size_0_8_num_gt': 3,
        'coco/bbox_size_8_16_AP': -1,
        'coco/bbox_size_8_16_num_gt': 0,
        'data_time': 0.1,
    }
    assert format_scores(metrics) == 'AP 31.4, AP50 60.0; AP by size: 0-8 10.0'


def test_sizes_of_coco_stand_in_where_there_are_no_others():
    metrics = {'coco/bbox_mAP': 0.3, 'coco/bbox_mAP_s': 0.2, 'coco/bbox_mAP_m': -1}
    assert format_scores(metrics) == 'AP 30.0; AP by size: small 20.0'


def test_other_metrics_are_told_as_they_are():
    assert format_scores({'pascal_voc/mAP': 0.1234}) == 'mAP 0.1234'
    assert format_scores(None) == 'no scores.'


def test_sizes_alone_are_told_where_nothing_was_detected():
    metrics = {
        'coco/bbox_size_0_8_AP': 0.0,
        'coco/bbox_size_0_8_AP50': 0.0,
        'coco/bbox_size_0_8_num_gt': 3,
    }
    assert format_scores(metrics) == 'AP by size: 0-8 0.0'
