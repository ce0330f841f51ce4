# The same on the LR image, enlarged to 320 px.
_base_ = './rtmdet-tiny_deeppcb-160.py'
model = dict(data_preprocessor=dict(type='UpscaledInputPreprocessor'))
