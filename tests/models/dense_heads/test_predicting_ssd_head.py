import torch
from mmdet.models.dense_heads import SSDHead
from mmdet.testing import demo_mm_inputs
from mmengine.config import ConfigDict

from mmdet_sodgan.models.dense_heads import PredictingSSDHead

KWARGS = dict(
    num_classes=3,
    in_channels=(4, 4, 4),
    anchor_generator=dict(
        type='SSDAnchorGenerator',
        scale_major=False,
        input_size=64,
        min_sizes=[8, 16, 32],
        max_sizes=[16, 32, 64],
        strides=[8, 16, 32],
        ratios=[[2], [2], [2]],
    ),
    train_cfg=ConfigDict(
        assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.5),
        sampler=dict(type='PseudoSampler'),
        smoothl1_beta=1.0,
        allowed_border=-1,
        pos_weight=-1,
        neg_pos_ratio=3,
    ),
    test_cfg=ConfigDict(
        nms_pre=100,
        score_thr=0.0,
        max_per_img=5,
        nms=dict(type='nms', iou_threshold=1.0),
    ),
)


def heads():
    head = PredictingSSDHead(**KWARGS)
    reference = SSDHead(**KWARGS)
    reference.load_state_dict(head.state_dict())
    return head, reference


def samples():
    """Data samples as a data preprocessor leaves them."""
    found = demo_mm_inputs(2, (3, 64, 64), num_classes=3)['data_samples']
    for sample in found:
        sample.set_metainfo(dict(pad_shape=(64, 64), batch_input_shape=(64, 64)))
    return found


def feats():
    return tuple(torch.rand(2, 4, side, side) for side in (8, 4, 2))


def test_loss_is_that_of_mmdet():
    head, reference = heads()
    maps = feats()
    torch.testing.assert_close(
        head.loss(maps, samples()), reference.loss(maps, samples()), rtol=0, atol=0
    )


def test_predicts_the_highest_scored_class_of_softmax():
    head, _ = heads()
    maps = feats()
    with torch.no_grad():
        results = head.predict(maps, samples(), rescale=False)
        cls_scores, _ = head(maps)
    for index, result in enumerate(results):
        logits = torch.cat(
            [x[index].permute(1, 2, 0).reshape(-1, 4) for x in cls_scores]
        )
        # Background is the last class; NMS at an IoU of 1 keeps all.
        best = logits.softmax(-1)[:, :-1].flatten().topk(5).values
        torch.testing.assert_close(result.scores, best)
