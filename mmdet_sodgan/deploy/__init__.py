"""The network of test time, without mmdet at the other end.

Nothing here is imported by the training: ``onnx`` and ``safetensors`` are extras.
"""

from ..utils import supported_stack  # noqa: F401, before what fails without it
