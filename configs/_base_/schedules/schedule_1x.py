# mmdet's, with a loop that can be resumed in the middle of an epoch, and with the
# learning rate scaled to the batch by itself.
_base_ = 'mmdet::_base_/schedules/schedule_1x.py'
train_cfg = dict(type='ResumableTrainLoop')
auto_scale_lr = dict(enable=True)
