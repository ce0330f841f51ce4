# The budgets of the benchmarks on DeepPCB.
_base_ = './_systems.py'
# cfg_options of a preset are laid over every row's config.
# 400 training images of the official 1,000 (deeppcb2coco.py --num-train 400 --num-test
# 150).
_fewer = {
    'optim_wrapper.type': 'AutocastOptimWrapper',
    'train_dataloader.dataset.ann_file': 'annotations/trainval_400.json',
    'train_dataloader.num_workers': 1,
    'val_dataloader.num_workers': 1,
}
_subset = {
    **_fewer,
    'val_dataloader.dataset.ann_file': 'annotations/test_150.json',
    'val_evaluator.ann_file': 'data/deeppcb/annotations/test_150.json',
}
# All test images.
_averaged = {**_fewer, **_base_.averaged}
_short = dict(epochs=12, student_epochs=6, teacher_seed=0)
presets = {
    # One seed of the first five rows takes about 45 minutes on two cores with
    # --jobs 2.
    'cpu': dict(epochs=6, cfg_options=_subset),
    # A teacher that has learnt for longer than its student goes on.
    'cpu-12e': dict(epochs=12, student_epochs=6, cfg_options=_subset),
    # One teacher, so that seeds tell the students' spread alone.
    'cpu-12e-avg': dict(**_short, cfg_options=_averaged),
    # Students that train as long as the teacher; in float32, for processors that
    # have to emulate bfloat16. Two things differ from cpu-12e-avg, so compare its rows
    # with each other.
    'cpu-12e-long': dict(
        epochs=12,
        teacher_seed=0,
        cfg_options={**_averaged, 'optim_wrapper.type': 'OptimWrapper'},
    ),
    # To choose a design on, deeppcb2coco.py --num-design 150: neither training nor test
    # has these images.
    'design': dict(
        **_short,
        cfg_options={
            **_averaged,
            'val_dataloader.dataset.ann_file': 'annotations/design_150.json',
            'val_evaluator.ann_file': 'data/deeppcb/annotations/design_150.json',
        },
    ),
    # The official split, 1,000 / 500 images.
    'full': dict(epochs=24, cfg_options={'optim_wrapper.type': 'AutocastOptimWrapper'}),
}
