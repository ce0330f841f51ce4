"""Which weights of a checkpoint and of a network do not fit each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from .errors import CheckpointError

_NUM_NAMED = 3


@dataclass(frozen=True)
class WeightsComparison:
    """What :func:`compare_weights` found.

    Args:
        missing (tuple[str, ...]): Weights of the network that the checkpoint lacks.
        unexpected (tuple[str, ...]): Weights of the checkpoint that it lacks itself.
        other_shape (tuple[str, ...]): Weights of both, of another shape.
        total (int): Weights of the network.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    other_shape: tuple[str, ...]
    total: int

    @property
    def fits(self) -> bool:
        """bool: Whether no weight is left over on either side."""
        return not (self.missing or self.unexpected or self.other_shape)

    @property
    def num_matching(self) -> int:
        """int: Weights of the network that the checkpoint gives."""
        return self.total - len(self.missing) - len(self.other_shape)

    def describe(self) -> str:
        """Say how many weights do not fit, and name the first ones.

        Returns:
            str: The predicate of a sentence.
        """
        parts = (
            ('are missing', self.missing),
            ('are unknown', self.unexpected),
            ('have another shape', self.other_shape),
        )
        texts = []
        for text, names in parts:
            if names:
                more = ', ...' if len(names) > _NUM_NAMED else ''
                first = ', '.join(names[:_NUM_NAMED])
                texts.append(f'{len(names)} {text} ({first}{more})')
        return f'of the {self.total} weights of the detector ' + ', '.join(texts)

    def refuse(self, checkpoint: str | Path) -> None:
        """Refuse weights that do not all fit.

        Args:
            checkpoint (str | Path): Their file, as the sentence names it.

        Raises:
            CheckpointError: Some are missing, left over or of another shape.
        """
        if not self.fits:
            raise CheckpointError(
                f'The checkpoint {checkpoint} does not fit the config: '
                f'{self.describe()}; give the config that it was trained with.'
            )


def compare_weights(model: nn.Module, checkpoint: Mapping) -> WeightsComparison:
    """Load weights into a network and tell which did not fit.

    Weights that have another name in old checkpoints are found by their new one, as
    the network's own loading renames them. What training alone needs, the
    ``training_only`` of a detector, may be missing, and may be left over.

    Args:
        model (nn.Module): The network, which gets the weights that fit.
        checkpoint (Mapping): As the loader gives it, or the weights alone.

    Returns:
        WeightsComparison: The names.
    """
    state = checkpoint.get('state_dict', checkpoint)
    state = {
        name.removeprefix('module.'): value
        for name, value in state.items()
        if isinstance(value, Tensor)
    }
    missing: list[str] = []
    unexpected: list[str] = []
    own = model.state_dict()
    _load(model, state, missing, unexpected)
    parts = getattr(model, 'training_only', ())

    def counts(name: str) -> bool:
        # MMEngine passes over the number of batches, too.
        return name.split('.')[0] not in parts and not name.endswith(
            'num_batches_tracked'
        )

    other = [k for k in own if k in state and own[k].shape != state[k].shape]
    return WeightsComparison(
        missing=tuple(k for k in missing if counts(k)),
        unexpected=tuple(k for k in unexpected if counts(k)),
        other_shape=tuple(k for k in other if counts(k)),
        total=sum(map(counts, own)),
    )


def find_added(model: nn.Module, missing: Iterable[str]) -> tuple[str, ...]:
    """Find which missing weights are of parts that a plain detector has not.

    A module names them by ``added_weights``, the starts of the weights' names.

    Args:
        model (nn.Module): The network.
        missing (Iterable[str]): As of :class:`WeightsComparison`.

    Returns:
        tuple[str, ...]: Start of the names of each part of which all are missing.
    """
    missing = set(missing)
    starts = [
        f'{path}.{start}' if path else start
        for path, module in model.named_modules()
        for start in getattr(module, 'added_weights', ())
    ]
    learned = [name for name, _ in model.named_parameters()]
    weights = {s: {name for name in learned if name.startswith(s)} for s in starts}
    return tuple(s for s, names in weights.items() if names and names <= missing)


def _load(
    module: nn.Module,
    state: dict[str, Tensor],
    missing: list[str],
    unexpected: list[str],
    prefix: str = '',
) -> None:
    """Load as :meth:`torch.nn.Module.load_state_dict`, over errors of shape.

    Names that are changed on the way are changed in ``state`` itself.
    """
    module._load_from_state_dict(state, prefix, {}, True, missing, unexpected, [])
    for name, child in module._modules.items():
        if child is not None:
            _load(child, state, missing, unexpected, f'{prefix}{name}.')
