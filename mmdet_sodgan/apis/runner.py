from mmengine.config import Config

AUTOCAST = 'AutocastOptimWrapper'


def enable_amp(cfg: Config) -> None:
    """Make every optimizer wrapper of a config autocast to bfloat16.

    Args:
        cfg (Config): Its ``optim_wrapper`` is one, holds several by name, or
            both. Changed in place.

    Raises:
        SystemExit: If a wrapper is of a type of its own, whose work would be
            lost.
    """
    nested = (value for value in cfg.optim_wrapper.values() if isinstance(value, dict))
    wrappers = [w for w in (cfg.optim_wrapper, *nested) if 'optimizer' in w]
    for wrapper in wrappers:
        kind = wrapper.get('type', 'OptimWrapper')
        if kind not in ('OptimWrapper', AUTOCAST):
            raise SystemExit(
                f'--amp replaces OptimWrapper, and the config has {kind}: leave '
                f'--amp out, or set the type of the optimizer wrapper in the config.'
            )
        wrapper['type'] = AUTOCAST
