# ResNet-18, 128 px, r = 2, objects of all sizes: what happens above the small range?
#     python tools/dataset_converters/make_synthetic.py --out-dir data/synthetic_sizes \
#         --num-val 500 --size-range 6 180 --objects-per-image 4 10
_base_ = './_systems.py'
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_synthetic-sizes.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_upscaled_synthetic-sizes.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_synthetic-sizes.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic-sizes.py',
)
presets = dict(
    cpu=dict(epochs=6, cfg_options={'optim_wrapper.type': 'AutocastOptimWrapper'}),
    full=dict(epochs=24, cfg_options={'optim_wrapper.type': 'AutocastOptimWrapper'}),
)
# What might cost objects above 64 px some AP (docs/lab_notes/experiments.md,
# section 11): their share of the 64 RoIs that train the box head, and L_align.
# Variations of the rows without these additions, so with a teacher that lets go.
_more_rois = {'model.train_cfg.rcnn.sampler.num': 128}
rows = {
    'lr-128-rois-started': dict(
        label='LR baseline, 128 RoIs, from the weights of the oracle',
        config='lr',
        teacher='oracle',
        cfg_options=_more_rois,
    ),
    'sodgan-128-rois': dict(
        label='SODGAN, 128 RoIs',
        config='sodgan',
        teacher='oracle',
        cfg_options=_more_rois,
    ),
    'sodgan-wo-align': dict(
        label='SODGAN without L_align',
        config='sodgan',
        teacher='oracle',
        cfg_options={'model.composite_loss.align.loss_weight': 0},
    ),
}
