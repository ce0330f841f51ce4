import re
from collections.abc import Iterator

from torch import nn

from ...utils.errors import AgreementError
from .stage import Stage

#: Places of modules that give labels; a stage of a cascade ends in its number.
_HEADS = r'(^|\.)(bbox_head|mask_head|mask_iou_head|discriminator)(\.\d+)?$'
_PANOPTIC = r'(^|\.)(semantic_head|panoptic_head|panoptic_fusion_head)$'


def check_heads(model: nn.Module, stage: Stage) -> None:
    """Refuse heads that have another number of classes than a data set.

    Args:
        model (nn.Module): The detector.
        stage (Stage): With the data set.

    Raises:
        AgreementError: The numbers differ.
    """
    if stage.classes is None:
        return
    # Their number of classes is the length of the text, not a number of classes.
    if hasattr(model, 'language_model'):
        return
    for name, attribute, number in _find_numbers(model):
        kind = 'stuff' if attribute == 'num_stuff_classes' else 'thing'
        # Where boxes alone are evaluated, nothing is said of stuff.
        default = None if kind == 'stuff' else stage.classes
        names = stage.metainfo.get(f'{kind}_classes', default)
        if names is not None and number != len(names):
            raise AgreementError(
                f'model.{name}.{attribute} is {number} and {stage.key} has '
                f'{len(names)} classes {_shorten(names)}: set {attribute} to '
                f'{len(names)}, or correct metainfo.classes.'
            )


def _find_numbers(model: nn.Module) -> Iterator[tuple[str, str, int]]:
    """Find place, key and number of classes of each head."""
    for path, module in model.named_modules():
        # The wrapper of test-time augmentation has the detector in it.
        name = path.removeprefix('module.')
        if re.search(_HEADS, name) and not getattr(module, 'class_agnostic', False):
            number = getattr(module, 'num_classes', None)
            if isinstance(number, int):
                yield name, 'num_classes', number
        elif re.search(_PANOPTIC, name):
            for key in ('num_things_classes', 'num_stuff_classes'):
                number = getattr(module, key, None)
                if isinstance(number, int):
                    yield name, key, number


def _shorten(names: tuple[str, ...]) -> str:
    first = ', '.join(names[:5])
    return f'({first}{", ..." if len(names) > 5 else ""})'
