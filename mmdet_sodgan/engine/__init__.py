from ..utils import supported_stack  # noqa: F401, before what fails without it
from .hooks import *  # noqa: F403
from .optimizers import *  # noqa: F403
from .resume import *  # noqa: F403
from .wrappers import *  # noqa: F403
