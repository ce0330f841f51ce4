import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from mmengine.config import Config
from mmengine.dist import is_main_process

from ...datasets.class_names import unwrap_datasets
from ...utils.errors import AgreementError
from .stage import Stage, find_ann_file, read_coco


def check_repeats(cfg: Config, stage: Stage) -> None:
    """Refuse a validation or a test that looks at an image more than once.

    Its detections would count as often, all but one of them as false ones.

    Args:
        cfg (Config): With the data set, in its wrappers.
        stage (Stage): The validation or the test.

    Raises:
        AgreementError: An image is there twice; one sentence.
    """
    top, _, key = stage.key.partition('.')
    for wrapper in _find_wrappers(cfg[top][key]):
        kind = str(wrapper['type']).rpartition('.')[2]
        if wrapper.get('times', 1) > 1 or kind.startswith('ClassBalanced'):
            raise AgreementError(
                f'{stage.key} has a {kind}, which repeats images, and each would be '
                'scored more than once: give the data set that is in it.'
            )
    paths = [path for dataset in stage.datasets for path in _find_paths(dataset)]
    if repeated := find_repeated(paths):
        raise AgreementError(describe_repeated(repeated, stage.key))


def find_repeated(paths: Iterable[str]) -> list[str]:
    """Find images that are there more than once.

    Args:
        paths (Iterable[str]): From :func:`resolve_images`.

    Returns:
        list[str]: Each of them once.
    """
    return [path for path, number in Counter(paths).items() if number > 1]


def describe_repeated(paths: list[str], key: str) -> str:
    """Tell what :func:`find_repeated` finds.

    Args:
        paths (list[str]): The images, at least one.
        key (str): The data set.

    Returns:
        str: One sentence.
    """
    return (
        f'{key} lists {len(paths)} images more than once, the first is {paths[0]}, '
        'which would be scored as often: merge the entries, or take away the files '
        'that repeat them.'
    )


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


def _find_wrappers(dataset: Mapping) -> Iterator[Mapping]:
    inner = dataset.get('datasets') or [dataset.get('dataset')]
    for each in inner if inner != [None] else ():
        yield dataset
        yield from _find_wrappers(each)


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
