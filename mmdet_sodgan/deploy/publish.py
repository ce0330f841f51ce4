"""Small checkpoints for others."""

import copy
import hashlib
import io
from pathlib import Path
from typing import NamedTuple

import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import CheckpointLoader

from ..apis import enable_safe_loading
from ..datasets.class_names import unwrap_datasets
from ..utils.atomic_write import write_atomically
from ..utils.compare_weights import compare_weights
from ..utils.read_config import read_config
from ..utils.safetensors_checkpoint import save_safetensors

# Of the meta, what one needs to use the weights. The rest is of the training.
_META = ('dataset_meta', 'epoch', 'iter', 'mmengine_version')
# Of the config, beside the model and the test's pipeline.
_CONFIG = ('default_scope', 'custom_imports', 'visualizer')


class Published(NamedTuple):
    """Files of a published checkpoint and their sizes in bytes.

    Attributes:
        weights (Path): ``<name>-<hash>.pth``.
        safetensors (Path): ``<name>-<hash>.safetensors``.
        size_before (int): Of the checkpoint.
        size_after (int): Of ``weights``.
        removed (tuple[str, ...]): Parts of the detector that were left out.
    """

    weights: Path
    safetensors: Path
    size_before: int
    size_after: int
    removed: tuple[str, ...]


def publish(
    config: str | Path,
    checkpoint: str | Path,
    out_dir: str | Path,
    name: str | None = None,
    half: bool = False,
) -> Published:
    """Write what the detector needs at test time, named by its hash.

    The optimizer, the log and the copy of the weights that an EMA hook keeps go
    (where there is one, mmengine has put the averages in their place), and so does
    every part in ``training_only`` of the detector's class. What a prediction needs of
    the config goes with the weights.

    Args:
        config (str | Path): The config of the training, which says what is needed at
            test time.
        checkpoint (str | Path): A checkpoint of mmengine.
        out_dir (str | Path): Folder of the files; it is made where it is missing.
        name (str, optional): Start of the files' names; that of the checkpoint by
            default.
        half (bool): Write numbers of 16 bits, which halve the files; what loads them
            computes in its own precision.

    Returns:
        Published: The files. The eight digits in their names are the first of the
        SHA-256 of the ``.pth`` file.

    Raises:
        CheckpointError: The checkpoint cannot be loaded, or does not fit the config.
        ValueError: There is no such config, or numbers are beyond those of 16 bits.
    """
    cfg = read_config(config)
    enable_safe_loading()
    loaded = CheckpointLoader.load_checkpoint(str(checkpoint), map_location='cpu')
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
    compare_weights(model, loaded).refuse(checkpoint)
    unused = getattr(model, 'training_only', ())
    removed = tuple(part for part in unused if getattr(model, part) is not None)
    kept = {
        k: v for k, v in model.state_dict().items() if k.split('.')[0] not in unused
    }
    if half:
        kept = _halve(kept)
    meta = {k: v for k, v in loaded.get('meta', {}).items() if k in _META}
    # Read again by read_checkpoint_config alone, which runs no code of it.
    meta['cfg'] = _prediction_config(cfg).pretty_text
    published = dict(state_dict=kept, meta=meta)
    # In memory, as torch.save writes the file's name into the file.
    buffer = io.BytesIO()
    torch.save(published, buffer)
    digest = hashlib.sha256(buffer.getbuffer()).hexdigest()[:8]
    stem = f'{name or Path(checkpoint).stem}-{digest}'
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path, safetensors = (folder / f'{stem}{x}' for x in ('.pth', '.safetensors'))
    write_atomically(path, buffer.getbuffer())
    save_safetensors(published, safetensors)
    sizes = (Path(x).stat().st_size for x in (checkpoint, path))
    return Published(path, safetensors, *sizes, removed)


def _halve(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Write numbers in 16 bits; those of integers stay."""
    halved = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    for name, values in halved.items():
        if not torch.equal(values.isfinite(), weights[name].isfinite()):
            limit = torch.finfo(torch.half).max
            raise ValueError(
                f'{name} has numbers above {limit:.0f}, the largest of 16 bits: '
                'publish these weights without --half.'
            )
    return halved


def _prediction_config(cfg: Config) -> Config:
    """Take from a config what a prediction needs, without paths of the training."""
    kept = {k: cfg[k] for k in _CONFIG if k in cfg}
    kept['model'] = copy.deepcopy(cfg.model)
    kept['model'].backbone.init_cfg = None
    dataset, *_ = unwrap_datasets(cfg.test_dataloader.dataset)
    fields = {k: dataset[k] for k in ('type', 'metainfo', 'pipeline') if k in dataset}
    kept['test_dataloader'] = dict(dataset=fields)
    return Config(kept)
