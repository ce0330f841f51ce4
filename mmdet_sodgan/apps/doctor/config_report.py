"""Whether the parts of a config agree."""

from pathlib import Path

from mmdet.registry import MODELS
from mmengine.registry import DefaultScope

from ...apis.checks import check_agreement
from ...utils.read_config import read_config


def inspect_config(config: str | Path) -> list[str]:
    """Compare what must agree before a training or a test, without weights.

    Args:
        config (str | Path): The config, a Python file that is run.

    Returns:
        list[str]: What may be meant so, a sentence each.

    Raises:
        AgreementError: Parts contradict each other; one sentence.
        ValueError: There is no such config, or no such data set; one sentence.
    """
    cfg = read_config(config)
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmdet')):
        model = MODELS.build(cfg.model)
    return check_agreement(cfg, model)
