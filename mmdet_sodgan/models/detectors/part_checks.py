"""Whether the parts that a config puts together fit each other."""

import torch.nn as nn
from torch import Tensor

from ..data_preprocessors import UpscaledInputPreprocessor
from ..utils import check_level_strides


def check_neck(neck: dict | None) -> None:
    """Refuse hosts with several necks.

    Args:
        neck (dict, optional): Config of the neck.

    Raises:
        ValueError: It is a list.
    """
    if isinstance(neck, list | tuple):
        raise ValueError(
            f'model.neck is a list of {len(neck)} necks; SODGAN takes channels and '
            'first level from one, so give a single neck config.'
        )


def check_anchors(key: str, head: dict | None) -> None:
    """Refuse hosts without anchors of their own on every level.

    Args:
        key (str): Config key of the head.
        head (dict, optional): Config of the head that has the anchors.

    Raises:
        ValueError: It has no anchor generator.
    """
    if 'type' not in (head or {}).get('anchor_generator', {}):
        raise ValueError(
            f'model.{key}.anchor_generator has no type; SODGAN adds its level to '
            "the host's AnchorGenerator, so take a host that has one (guided and "
            'cascaded RPNs do not).'
        )


def check_preprocessor(preprocessor: nn.Module, frame: str = 'lr') -> None:
    """Refuse a data preprocessor that makes no pairs, or other boxes.

    Args:
        preprocessor (nn.Module): The detector's.
        frame (str): 'lr' or 'hr', pixels in which the detector finds boxes.

    Raises:
        ValueError: It has no ``scale_factor``, enlarges the LR image itself, or
            gives boxes in another frame.
    """
    if not hasattr(preprocessor, 'scale_factor') or isinstance(
        preprocessor, UpscaledInputPreprocessor
    ):
        raise ValueError(
            f'model.data_preprocessor is a {type(preprocessor).__name__}; SODGAN needs '
            "type='PairedResolutionPreprocessor'."
        )
    if preprocessor.frame != frame:
        raise ValueError(
            f"data_preprocessor.frame is '{preprocessor.frame}' but this detector "
            f"finds boxes in pixels of the {frame.upper()} image; set it to '{frame}'."
        )


def check_scale_factors(detector: nn.Module) -> None:
    """Refuse a generator that enlarges by another factor than the pairs'.

    Args:
        detector (nn.Module): With data preprocessor and generator.

    Raises:
        ValueError: Two scale factors.
    """
    r = detector.data_preprocessor.scale_factor
    if detector.generator.scale_factor != r:
        raise ValueError(
            f'generator.scale_factor is {detector.generator.scale_factor} but '
            f'data_preprocessor.scale_factor is {r}; make them equal.'
        )


def check_levels(detector: nn.Module, key: str) -> None:
    """Refuse a head that would read other levels than it believes.

    Args:
        detector (nn.Module): With data preprocessor, generator and neck.
        key (str): Config key of the head that has the anchors.

    Raises:
        ValueError: Two scale factors, or strides that do not follow from the
            generator's; the message names the keys.
    """
    check_scale_factors(detector)
    generator = detector.generator
    num_levels = getattr(detector.neck, 'num_outs', None) if detector.with_neck else 1
    check_level_strides(
        f'{key}.anchor_generator.strides',
        detector.level_strides,
        out_stride=generator.out_stride,
        in_stride=generator.in_stride,
        num_levels=None if num_levels is None else 1 + num_levels,
    )


def check_roi_levels(detector: nn.Module) -> None:
    """Refuse RoI extractors that would read other levels than they believe.

    Args:
        detector (nn.Module): With generator and RoI head.

    Raises:
        ValueError: Strides that do not follow from the generator's; the
            message names the key.
    """
    for name in ('bbox_roi_extractor', 'mask_roi_extractor'):
        found = getattr(detector.roi_head, name, None)
        # A cascade has one a stage.
        for extractor in found if isinstance(found, nn.ModuleList) else [found]:
            if extractor is not None:
                check_level_strides(
                    f'roi_head.{name}.featmap_strides',
                    extractor.featmap_strides,
                    out_stride=detector.generator.out_stride,
                    in_stride=detector.generator.in_stride,
                )


def check_roi_head(roi_head: nn.Module) -> None:
    """Refuse a RoI head that does not say which RoIs it sampled.

    Args:
        roi_head (nn.Module): The detector's.

    Raises:
        ValueError: It has no ``pop_samples``.
    """
    if not hasattr(roi_head, 'pop_samples'):
        raise ValueError(
            f'model.roi_head.type is {type(roi_head).__name__}; D judges the RoIs that '
            'it samples, so take SODGANRoIHead (Faster and Mask R-CNN), '
            'SODGANCascadeRoIHead, or put JudgedRoIsMixin before your own.'
        )


def check_reconstructing_head(roi_head: nn.Module) -> None:
    """Refuse a RoI head that takes no generator.

    Args:
        roi_head (nn.Module): The detector's.

    Raises:
        ValueError: It has no ``reconstructing``.
    """
    if not hasattr(roi_head, 'reconstructing'):
        raise ValueError(
            f'model.roi_head.type is {type(roi_head).__name__}; RoISODGAN reconstructs '
            "the features of small RoIs, so set it to 'ReconstructingRoIHead'."
        )


def check_hr_scale(detector: nn.Module) -> None:
    """Refuse an HR branch made for images of another scale.

    Args:
        detector (nn.Module): With data preprocessor and HR branch.

    Raises:
        ValueError: The branch has another ``scale_factor``.
    """
    r = detector.data_preprocessor.scale_factor
    # Only a branch that depends on the scale says so.
    found = getattr(detector.hr_branch, 'scale_factor', r)
    if found != r:
        raise ValueError(
            f'hr_branch.scale_factor is {found} but data_preprocessor.scale_factor is '
            f'{r}; make them equal.'
        )


def check_target_level(detector: nn.Module) -> None:
    """Refuse RoIs whose target would come from another level than they do.

    Levels of the same index have the same receptive field in the scene only
    with :class:`AtrousHRBranch`; the rule of levels would send RoIs of ``r``
    times the size to the next one.

    Args:
        detector (nn.Module): With data preprocessor, RoI head and HR branch.

    Raises:
        ValueError: The largest small RoI, enlarged by ``r``, leaves level 0.
    """
    if not hasattr(detector.hr_branch, 'scale_factor'):
        return
    head = detector.roi_head
    limit = 2 * head.first_extractor.finest_scale / detector.hr_branch.scale_factor
    if head.max_small_side > limit:
        raise ValueError(
            f'roi_head.max_small_side is {head.max_small_side}; with AtrousHRBranch it '
            f'must be at most {limit:g}, 2 * bbox_roi_extractor.finest_scale / '
            'hr_branch.scale_factor, so that RoIs and their targets are pooled from '
            'the same level.'
        )


def require_hr_inputs(hr_inputs: Tensor | None) -> Tensor:
    """Refuse a batch without the HR images that a term needs.

    Args:
        hr_inputs (Tensor, optional): ``(N, 3, r*H, r*W)``.

    Returns:
        Tensor: The same.

    Raises:
        ValueError: There are none.
    """
    if hr_inputs is None:
        raise ValueError(
            'the loss needs z_HR but the batch has no HR images; set '
            "data_preprocessor to dict(type='PairedResolutionPreprocessor', "
            'with_hr=True).'
        )
    return hr_inputs
