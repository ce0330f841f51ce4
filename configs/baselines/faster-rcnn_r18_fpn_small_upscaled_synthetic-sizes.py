# Up-scaled input: the LR image of the low-resolution baseline, enlarged to 256 px.
_base_ = './faster-rcnn_r18_fpn_small_hr_synthetic-sizes.py'
model = dict(data_preprocessor=dict(type='UpscaledInputPreprocessor'))
