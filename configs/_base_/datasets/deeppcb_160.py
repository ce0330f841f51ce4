# DeepPCB for detection at 160 px input with r = 2: the pipelines shrink the
# original to 320 px, and the data preprocessor makes the 160 px image from it.
# (With r = 4 take deeppcb_320.py: it loads 640 px.)
_base_ = './deeppcb_320.py'

hr_side = 320
resize = dict(type='Resize', scale=(hr_side, hr_side), keep_ratio=True)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
