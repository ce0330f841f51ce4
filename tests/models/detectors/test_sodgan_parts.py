"""Parts that do not fit together are refused, with the keys named."""

import copy

import pytest
from mmdet.registry import MODELS


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.generator.scale_factor': 4},
            r'generator\.scale_factor is 4 but data_preprocessor\.scale_factor is 2',
        ),
        (
            {'model.discriminator.num_classes': 5},
            r'discriminator\.num_classes is 5 but .* box head has num_classes 6',
        ),
        (
            {'model.rpn_head.anchor_generator.strides': [2, 4, 8, 16, 32, 64]},
            r'rpn_head\.anchor_generator\.strides is \[\(2, 2\), .* but must be '
            r'\[4, 4, 8, 16, 32, 64\]: it reads the reconstructed level at stride 4',
        ),
        (
            {
                'model.rpn_head.anchor_generator.strides': [4, 4, 8, 16, 32],
                'model.rpn_head.anchor_generator.base_sizes': [2, 4, 8, 16, 32],
            },
            r'rpn_head\.anchor_generator\.strides is .* \[4, 4, 8, 16, 32, 64\]',
        ),
        (
            {'model.rpn_head.type': 'SODGANRPNHead'},
            r'model\.generator is a NarrowPyramidGenerator and model\.rpn_head a '
            r'SODGANRPNHead; .* go together',
        ),
        (
            {'model.generator.type': 'PyramidGenerator'},
            r'model\.generator is a PyramidGenerator and model\.rpn_head a '
            r'FineLevelRPNHead; .* go together',
        ),
        (
            # In full width the level is read at its own stride.
            {
                'model.generator.type': 'PyramidGenerator',
                'model.rpn_head.type': 'SODGANRPNHead',
            },
            r'rpn_head\.anchor_generator\.strides is .* must be \[2, 4, 8, 16, 32, 64',
        ),
        (
            {'model.roi_head.bbox_roi_extractor.type': 'SingleRoIExtractor'},
            r'roi_head\.bbox_roi_extractor is a SingleRoIExtractor; .* go together',
        ),
        (
            {'model.roi_head.bbox_roi_extractor.featmap_strides': [4, 4, 8, 16, 32]},
            r'roi_head\.bbox_roi_extractor\.featmap_strides is \[4, 4, .* must be '
            r'\[2, 4, 8, 16, 32\]',
        ),
        (
            {'model.generator.in_stride': 8},
            r'strides is .* but must be \[8, 8, 16, .*generator\.in_stride = 8',
        ),
        (
            {
                'model.neck': [
                    dict(
                        type='FPN',
                        in_channels=[64, 128, 256, 512],
                        out_channels=16,
                        num_outs=5,
                    ),
                    dict(type='BFP', in_channels=16, num_levels=5),
                ]
            },
            r'model\.neck is a list of 2 necks; .*a single neck config',
        ),
        (
            # What is left of a guided RPN under the fragment.
            {
                'model.rpn_head.anchor_generator': dict(
                    _delete_=True, strides=[4, 8, 16, 32, 64]
                ),
                'model.rpn_head.approx_anchor_generator': dict(
                    type='AnchorGenerator', strides=[4, 8, 16, 32, 64]
                ),
            },
            r'rpn_head\.anchor_generator has no type; .*guided',
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_parts_that_do_not_fit_are_named(sodgan_cfg, options, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(sodgan_cfg(options).model)


MASK_R_CNN = dict(
    mask_roi_extractor=dict(
        type='SingleRoIExtractor',
        roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=2),
        out_channels=16,
        featmap_strides=[4, 8, 16, 32],
    ),
    mask_head=dict(
        type='FCNMaskHead',
        num_convs=1,
        in_channels=16,
        conv_out_channels=16,
        num_classes=6,
        loss_mask=dict(type='CrossEntropyLoss', use_mask=True, loss_weight=1.0),
    ),
)


def test_mask_head_on_levels_of_the_plain_pyramid_is_named(sodgan_cfg):
    cfg = sodgan_cfg({'model.roi_head': MASK_R_CNN}).model
    message = r'roi_head\.mask_roi_extractor is a SingleRoIExtractor; .* go together'
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)
    cfg.roi_head.mask_roi_extractor.type = 'FineLevelRoIExtractor'
    message = r'roi_head\.mask_roi_extractor\.featmap_strides is .* \[2, 4, 8, 16\]'
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)
    cfg.roi_head.mask_roi_extractor.featmap_strides = [2, 4, 8, 16, 32]
    assert MODELS.build(cfg).roi_head.with_mask


def test_detector_without_rpn_is_refused(sodgan_cfg):
    with pytest.raises(ValueError, match=r'rpn_head\.anchor_generator has no type'):
        MODELS.build(sodgan_cfg({'model.rpn_head': None}).model)


def test_neck_of_another_stride_is_named(build_sodgan, batch):
    # The pyramid starts at C3, stride 8, and everything else expects 4.
    model = build_sodgan({'model.neck.start_level': 1})
    data = model.data_preprocessor(batch((128, 128)), True)
    message = r'finest level is \(8, 8\) for an input of \(64, 64\) px.*in_stride=4'
    with pytest.raises(ValueError, match=message):
        model(**data, mode='loss')


def test_generator_follows_the_neck(build_sodgan):
    model = build_sodgan({'model.neck.start_level': 1})
    assert model.generator.skip.in_channels == 128
    assert model.generator.reduce.in_channels == 16


def test_discriminator_follows_the_box_head(build_sodgan):
    model = build_sodgan({'model.roi_head.bbox_head.num_classes': 3})
    assert model.discriminator.cls.out_features == 4
    assert model.discriminator.convs[0].in_channels == 16


def test_config_is_left_as_it_was_given(sodgan_cfg):
    cfg = sodgan_cfg().model
    before = copy.deepcopy(cfg.to_dict())
    MODELS.build(cfg)
    assert cfg.to_dict() == before


def test_preprocessor_without_pairs_is_named(build_sodgan):
    plain = {'model.data_preprocessor': dict(_delete_=True, type='DetDataPreprocessor')}
    with pytest.raises(ValueError, match='PairedResolutionPreprocessor'):
        build_sodgan(plain)
