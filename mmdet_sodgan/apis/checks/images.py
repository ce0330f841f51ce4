import os
from collections.abc import Iterable, Mapping

from mmengine.config import Config
from mmengine.dist import is_main_process

from ...datasets.class_names import unwrap_datasets
from .stage import Stage, find_ann_file, read_coco


def find_shared(cfg: Config, stage: Stage) -> list[str]:
    """Say how many images of a validation or test are trained on as well.

    It is a warning, as one may overfit a few images on purpose. The training's file,
    which may be large, is read where its images lie in or around the same folder.

    Args:
        cfg (Config): With the data set of the training.
        stage (Stage): The validation or the test.

    Returns:
        list[str]: No or one sentence; none beside the main process.
    """
    training = (cfg.get('train_dataloader') or {}).get('dataset')
    # MMEngine also takes a data set that is built already.
    if not isinstance(training, Mapping) or not is_main_process():
        return []
    here = [_find_folder(dataset) for dataset in stage.datasets]
    trained = set()
    for dataset in unwrap_datasets(training):
        folder = _find_folder(dataset)
        if any(os.path.commonpath([folder, one]) in (folder, one) for one in here):
            trained.update(_find_paths(dataset))
    own = {path for dataset in stage.datasets for path in _find_paths(dataset)}
    if not (shared := sorted(own & trained)):
        return []
    return [
        f'{len(shared)} of the {len(own)} images of {stage.key} are trained on as '
        f'well, the first is {shared[0]}: the scores tell nothing about new images, so '
        'give other images.'
    ]


def resolve_images(folder: str | os.PathLike, images: Iterable[Mapping]) -> list[str]:
    """Find the files of the images of an annotation file, through all links.

    Args:
        folder (str | os.PathLike): Folder of the images.
        images (Iterable[Mapping]): In COCO's format.

    Returns:
        list[str]: A path for each.
    """
    paths = (os.path.join(folder, str(image['file_name'])) for image in images)
    return [os.path.realpath(path) for path in paths]


def _find_folder(dataset: Mapping) -> str:
    """Join the folder of the images as MMEngine's data sets do."""
    prefix = (dataset.get('data_prefix') or {}).get('img') or ''
    return os.path.realpath(os.path.join(dataset.get('data_root') or '', prefix))


def _find_paths(dataset: Mapping) -> list[str]:
    content, indices = read_coco(find_ann_file(dataset)), dataset.get('indices')
    if content is None:
        return []
    paths = resolve_images(_find_folder(dataset), content['images'])
    if indices is None:
        return paths
    if dataset.get('filter_cfg') and not dataset.get('test_mode'):
        # The numbers are of those that the filter leaves.
        return []
    if isinstance(indices, int):
        return paths[:indices] if indices >= 0 else paths[indices:]
    return [paths[i] for i in indices]
