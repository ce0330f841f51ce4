"""What the other images of a batch do to an image's detections: nothing."""

import pytest
import torch
from mmdet.structures import DetDataSample

BN, GN = dict(type='BN'), dict(type='GN', num_groups=4)
R4 = {
    'model.data_preprocessor.scale_factor': 4,
    'model.roi_head.bbox_roi_extractor.featmap_strides': [1, 4, 8, 16, 32],
    'model.composite_loss.align': None,
}
LIMIT = 1e-5
# Sides that no divisor divides, the same padded size twice, both orientations.
SIZES = [(128, 70), (70, 128), (250, 190), (66, 127)]


def use_all_of_generator(model):
    """Let the residual, which begins at zero, and what is padded, show."""
    generator = torch.Generator().manual_seed(0)
    for module in model.generator.modules():
        for parameter in module.parameters(recurse=False):
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


@pytest.fixture
def make(build_sodgan, build_image, build_mtgan, build_roi):
    """Factory of a SODGAN whose generator stands at a place."""
    builders = dict(
        pyramid=build_sodgan, image=build_image, mtgan=build_mtgan, roi=build_roi
    )

    def build(place, norm, options=None):
        if place in ('pyramid', 'roi'):
            norm = dict(_delete_=True, **norm)
        options = {'model.generator.norm_cfg': norm} | (options or {})
        return use_all_of_generator(builders[place](options))

    return build


def predict(model, sizes):
    """Scores of each image's detections."""
    inputs = [
        torch.randint(256, (3, *size), generator=torch.Generator().manual_seed(size[0]))
        for size in sizes
    ]
    samples = [
        DetDataSample(metainfo=dict(img_shape=s, ori_shape=s, scale_factor=(1.0, 1.0)))
        for s in sizes
    ]
    with torch.no_grad():
        found = model.test_step(dict(inputs=inputs, data_samples=samples))
    return [sample.pred_instances.scores for sample in found]


def largest_difference(model):
    together = predict(model, SIZES)
    differences = []
    for size, scores in zip(SIZES, together, strict=True):
        (alone,) = predict(model, [size])
        assert len(alone) > 10
        if len(alone) != len(scores):
            return 1.0
        differences.append((alone - scores).abs().max().item())
    return max(differences)


@pytest.mark.parametrize('norm', [BN, GN], ids=['BN', 'GN'])
@pytest.mark.parametrize(
    ('place', 'options'),
    [
        ('pyramid', None),
        ('pyramid', R4),
        ('image', None),
        ('mtgan', None),
        ('roi', None),
    ],
    ids=['pyramid', 'pyramid-r4', 'image', 'mtgan', 'roi'],
)
def test_scores_do_not_depend_on_the_batch(make, place, options, norm):
    assert largest_difference(make(place, norm, options)) < LIMIT


def test_plain_detector_does_depend_on_it(build_plain):
    # What mmdet does, so that the other test has something to find.
    assert largest_difference(build_plain().eval()) > 10 * LIMIT
