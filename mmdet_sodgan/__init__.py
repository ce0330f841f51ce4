"""GAN-based small-object detection on MMDetection.

Importing the package registers its modules in MMDetection's registries and
lets torch's restricted unpickler read MMEngine's checkpoints.
"""

from .utils.compat import check_stack
from .version import __version__

# Before the imports that fail where the stack is not as it must be.
check_stack()

from . import datasets, engine, evaluation, models, utils  # noqa: E402
from .apis import safe_loading  # noqa: E402
from .utils import safetensors_checkpoint  # noqa: E402

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'safe_loading',
    'safetensors_checkpoint',
    'utils',
]
