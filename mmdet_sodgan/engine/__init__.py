from . import atomic_local_backend  # noqa: F401, registers a storage backend
from .hooks import *  # noqa: F403
from .loops import *  # noqa: F403
from .optimizers import *  # noqa: F403
from .wrappers import *  # noqa: F403
