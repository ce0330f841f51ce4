"""Puts the project's modules into MMDetection's registries when it is imported.

Torch's restricted unpickler learns to read MMEngine's checkpoints, and MMEngine's
loader files that end in ``.safetensors``. Nothing that other models use is replaced;
see :func:`mmdet_sodgan.apis.enable_safe_loading` for what the commands add.

Raises:
    ImportError: A part of the stack is missing or of another version; see
        :func:`check_stack`.
"""

from mmengine.registry import FUNCTIONS, Registry

from . import datasets, engine, evaluation, models
from .utils.safe_globals import allow_mmengine_checkpoints
from .utils.safetensors_checkpoint import register_safetensors

allow_mmengine_checkpoints()
register_safetensors()
# MMDetection has none, and MMEngine warns each time it looks for it.
if 'mmdet' not in FUNCTIONS.children:
    Registry('function', parent=FUNCTIONS, scope='mmdet')

__all__ = ['datasets', 'engine', 'evaluation', 'models']
