# mmdet's, with a loop that can be resumed in the middle of an epoch.
_base_ = 'mmdet::_base_/schedules/schedule_1x.py'
train_cfg = dict(type='ResumableTrainLoop')
