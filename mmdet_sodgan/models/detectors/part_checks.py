"""Whether the parts that a config puts together fit each other."""

import torch.nn as nn

from ..utils import check_level_strides


def check_host(neck: dict | None, rpn_head: dict | None) -> None:
    """Refuse hosts that the method cannot be laid over.

    Args:
        neck (dict, optional): Config of the neck.
        rpn_head (dict, optional): Config of the RPN head.

    Raises:
        ValueError: Several necks, or an RPN without anchor generator.
    """
    if isinstance(neck, list | tuple):
        raise ValueError(
            f'model.neck is a list of {len(neck)} necks; SODGAN takes channels and '
            'first level from one, so give a single neck config.'
        )
    if 'type' not in (rpn_head or {}).get('anchor_generator', {}):
        raise ValueError(
            'model.rpn_head.anchor_generator has no type; SODGAN adds its level to '
            "the host's AnchorGenerator, so take a host whose RPN has one (guided "
            'and cascaded RPNs do not).'
        )


def check_preprocessor(preprocessor: nn.Module) -> None:
    """Refuse a data preprocessor that makes no pairs.

    Args:
        preprocessor (nn.Module): The detector's.

    Raises:
        ValueError: It has no ``scale_factor``.
    """
    if not hasattr(preprocessor, 'scale_factor'):
        raise ValueError(
            f'model.data_preprocessor is a {type(preprocessor).__name__}; SODGAN needs '
            "type='PairedResolutionPreprocessor'."
        )


def check_parts(detector: nn.Module) -> None:
    """Refuse parts that would read other levels than they believe.

    Args:
        detector (nn.Module): With data preprocessor, generator, neck, RPN head
            and RoI head.

    Raises:
        ValueError: Two scale factors, or strides that do not follow from the
            generator's; the message names the keys.
    """
    r = detector.data_preprocessor.scale_factor
    generator = detector.generator
    if generator.scale_factor != r:
        raise ValueError(
            f'generator.scale_factor is {generator.scale_factor} but '
            f'data_preprocessor.scale_factor is {r}; make them equal.'
        )
    strides = dict(out_stride=generator.out_stride, in_stride=generator.in_stride)
    num_levels = getattr(detector.neck, 'num_outs', None) if detector.with_neck else 1
    check_level_strides(
        'rpn_head.anchor_generator.strides',
        detector.rpn_head.prior_generator.strides,
        **strides,
        num_levels=None if num_levels is None else 1 + num_levels,
    )
    for name in ('bbox_roi_extractor', 'mask_roi_extractor'):
        extractor = getattr(detector.roi_head, name, None)
        if extractor is not None:
            check_level_strides(
                f'roi_head.{name}.featmap_strides',
                extractor.featmap_strides,
                **strides,
            )
