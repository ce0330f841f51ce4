_base_ = './dssd321_coco.py'
input_size = 513
model = dict(
    neck=dict(level_strides=(2, 2, 2, 2, 2), level_paddings=(1, 1, 1, 1, 1)),
    bbox_head=dict(
        in_channels=(512, 512, 512, 512, 512, 512, 1024),
        # Sides as of SSD512 on COCO: 4, 10, 26, ... per cent of the image's.
        anchor_generator=dict(
            strides=[8, 16, 32, 64, 128, 256, 513],
            ratios=[[1.6, 2, 3]] * 7,
            min_sizes=[20, 51, 133, 215, 297, 379, 461],
            max_sizes=[51, 133, 215, 297, 379, 461, 543],
        ),
    ),
)
resize = dict(type='Resize', scale=(input_size, input_size), keep_ratio=False)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
