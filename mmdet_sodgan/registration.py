"""Puts the project's modules into MMDetection's registries when it is imported.

Torch's restricted unpickler learns to read MMEngine's checkpoints, and MMEngine's
loader files that end in ``.safetensors``. Nothing that other models use is replaced;
see :func:`mmdet_sodgan.apis.enable_safe_loading` for what the commands add.

Raises:
    ImportError: A part of the stack is missing or of another version; see
        :func:`check_stack`.
"""

from .utils.compat import check_stack

# Before the imports that fail where the stack is not as it must be.
check_stack()

from . import datasets, engine, evaluation, models  # noqa: E402
from .utils.safe_globals import allow_mmengine_checkpoints  # noqa: E402
from .utils.safetensors_checkpoint import register_safetensors  # noqa: E402

allow_mmengine_checkpoints()
register_safetensors()

__all__ = ['datasets', 'engine', 'evaluation', 'models']
