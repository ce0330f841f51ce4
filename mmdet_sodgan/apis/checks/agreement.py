from collections.abc import Mapping, Sequence

from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from .evaluators import check_evaluator, check_presence
from .filters import find_filtered
from .heads import check_heads
from .images import check_repeats, find_shared
from .limits import find_limits
from .stage import Stage, read_coco


def check_agreement(
    cfg: Config, model: nn.Module, stages: Sequence[str] = ('train', 'val', 'test')
) -> list[str]:
    """Compare the classes, files and limits that a config gives in several places.

    Each part alone may be right where the run as a whole gives a wrong number, such
    as an average precision over images that were not looked at. The file of the
    training set, which may be large, is read where MMDetection filters it in silence,
    and where images of it may be those of another data set.

    Args:
        cfg (Config): The config.
        model (nn.Module): The detector that is built from it.
        stages (Sequence[str]): Which of its data sets are used. Those that the
            config lacks, or that need labels it has not, are passed over.

    Returns:
        list[str]: What may be meant so, a sentence each.

    Raises:
        AgreementError: Two parts contradict each other; one sentence with the remedy.
    """
    check_presence(cfg)
    warnings: list[str] = []
    scope = DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmdet'))
    try:
        with scope:
            for name in stages:
                loader = cfg.get(f'{name}_dataloader')
                # MMEngine also takes a data set that is built already.
                if loader is None or not isinstance(loader.get('dataset'), Mapping):
                    continue
                stage = Stage(cfg, name)
                check_heads(model, stage)
                if name == 'train':
                    warnings += find_filtered(stage)
                    continue
                check_repeats(cfg, stage)
                for evaluator in stage.evaluators:
                    warnings += check_evaluator(stage, evaluator)
                warnings += find_shared(cfg, stage)
                warnings += find_limits(cfg, stage)
    finally:
        # A training is long, and the files are large.
        read_coco.cache_clear()
    # The same files are often used for validation and test.
    return list(dict.fromkeys(warnings))
