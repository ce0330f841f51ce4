# The low-resolution baseline, whose levels follow those of a teacher of the HR image.
# For an enlarged input: model.data_preprocessor.type=UpscaledInputPreprocessor
# model.data_preprocessor.input_scale=1.5
_base_ = './faster-rcnn_r18_fpn_small_deeppcb-160.py'
model = dict(
    type='DistilledDetector',
    data_preprocessor=dict(with_hr=True),
    composite_loss=dict(align=dict(loss_weight=1.0)),
)
custom_hooks = [
    dict(
        type='GANScheduleHook',
        reconstruction=[(0.0, 1.0), (0.5, 1.0), (0.8, 0.0)],
    ),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
]
# The teacher: train faster-rcnn_r18_fpn_small_hr_deeppcb-160.py first.
load_from = 'work_dirs/faster-rcnn_r18_fpn_small_hr_deeppcb-160/epoch_12.pth'
