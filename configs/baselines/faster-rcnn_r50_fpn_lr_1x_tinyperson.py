# What SODGAN is to be compared with: the same low-resolution input.
_base_ = './faster-rcnn_r50_fpn_hr_1x_tinyperson.py'
model = dict(data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False))
