from collections.abc import Sequence

from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class CompileHook(Hook):
    """Compile the convolutional parts of a detector with ``torch.compile``.

    The rest (anchors, assignment, NMS) works on lists whose lengths change with
    every image; compiling it, as mmengine's ``compile`` key does with the whole
    ``forward``, recompiles without end. Names in checkpoints stay as they are.

    Args:
        parts (Sequence[str]): Children of the detector; those that it has
            not are left out, so that a baseline takes the same setting.
        **kwargs: Arguments of ``torch.compile``, for instance ``mode`` or ``dynamic``.

    Raises:
        ValueError: The detector has none of ``parts``.
    """

    # It runs after hooks that change the layout of the weights.
    priority = 'LOW'

    def __init__(
        self, parts: Sequence[str] = ('backbone', 'neck', 'generator'), **kwargs
    ) -> None:
        self.parts = parts
        self.kwargs = kwargs

    def before_run(self, runner: Runner) -> None:
        """Compile the parts in place, before training, validation or test."""
        model = unwrap_model(runner.model)
        children = dict(model.named_children())
        found = [children[name] for name in self.parts if name in children]
        if not found:
            raise ValueError(
                f'CompileHook.parts is {list(self.parts)} but {type(model).__name__} '
                f'has only {list(children)}; name some of these.'
            )
        for child in found:
            child.compile(**self.kwargs)
