# Up-scaled input: the LR image of the low-resolution baseline, enlarged to 640 px.
_base_ = './faster-rcnn_r50_fpn_hr_deeppcb-320.py'
model = dict(data_preprocessor=dict(type='UpscaledInputPreprocessor'))
