_base_ = 'mmdet::_base_/default_runtime.py'
custom_imports = dict(imports=['mmdet_sodgan.registration'], allow_failed_imports=False)
custom_hooks = [dict(type='ReseedHook')]
default_hooks = dict(
    checkpoint=dict(type='AtomicCheckpointHook', max_keep_ckpts=2),
    preemption=dict(type='PreemptionHook'),
)
