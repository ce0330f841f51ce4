from typing import Any

# Where checkpoints hold a config as Python source. MMEngine runs the first when it
# resumes from one, and the others when an inferencer is given no config.
_CONFIGS = (
    ('meta', 'config'),
    ('meta', 'cfg'),
    ('message_hub', 'runtime_info', 'cfg'),
)


def drop_configs(checkpoint: Any) -> Any:
    """Take the configs out of a loaded checkpoint, so that none of them is run.

    A config is code, even where it holds nothing but names and numbers: MMEngine
    builds whatever its ``type`` names. Nothing else is lost: a resumed run writes
    its own config into its checkpoints.

    Args:
        checkpoint (Any): The checkpoint, changed in place; anything but a dict is
            left alone.

    Returns:
        Any: The checkpoint.
    """
    for *path, key in _CONFIGS:
        holder = checkpoint
        for name in path:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(key, None)
    return checkpoint
