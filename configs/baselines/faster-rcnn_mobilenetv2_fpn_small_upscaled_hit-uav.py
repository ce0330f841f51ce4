# Up-scaled input: the LR image of the low-resolution baseline, enlarged to 640 x 512.
_base_ = './faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py'
model = dict(data_preprocessor=dict(type='UpscaledInputPreprocessor'))
