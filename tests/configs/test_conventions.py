"""Names, bases, hooks and evaluators of the configs."""

import ast
import re

from mmdet.registry import HOOKS
from mmengine.config import Config

#: Method of a name to the model's type and the further parts that the name must have.
METHODS = {
    'sodgan-faster-rcnn': ('SODGAN', {'backbone', 'neck'}),
    'sodgan-cascade-rcnn': ('SODGAN', {'backbone', 'neck'}),
    'sodgan-mask-rcnn': ('SODGAN', {'backbone', 'neck'}),
    'sodgan-retinanet': ('SingleStageSODGAN', {'backbone', 'neck'}),
    'sodgan-image-faster-rcnn': ('ImageSODGAN', {'backbone', 'neck'}),
    'sr-faster-rcnn': ('ImageSODGAN', {'backbone', 'neck'}),
    'sod-mtgan_faster-rcnn': ('SODMTGAN', {'backbone', 'neck'}),
    'sodgan-roi-faster-rcnn': ('RoISODGAN', {'backbone', 'neck'}),
    'perceptual-gan_faster-rcnn': ('RoISODGAN', {'backbone', 'neck'}),
    'feature-sr_faster-rcnn': ('RoISODGAN', {'backbone', 'neck'}),
    'efpn_faster-rcnn': ('SODGAN', {'backbone', 'neck'}),
    'distilled-faster-rcnn': ('DistilledDetector', {'backbone', 'neck'}),
    'faster-rcnn': ('FasterRCNN', {'backbone', 'neck'}),
    'mask-rcnn': ('MaskRCNN', {'backbone', 'neck'}),
    'panoptic-fpn': ('PanopticFPNDetector', {'backbone', 'neck'}),
    'retinanet': ('RetinaNet', {'backbone', 'neck'}),
    'efficientdet': ('RetinaNet', {'backbone', 'neck'}),
    'cornernet': ('CornerNet', {'backbone'}),
    'centernet': ('CornerNet', {'backbone'}),
    'ion': ('FasterRCNN', {'backbone'}),
    'multipath': ('FasterRCNN', {'backbone'}),
    'rtmdet-tiny': ('RTMDet', set()),
    'dino': ('DINO', {'backbone'}),
    'ssd': ('SingleStageDetector', {'backbone'}),
    'refinedet512': ('SingleStageDetector', {'backbone'}),
    'ssd300': ('SingleStageDetector', set()),
    'ssd512': ('SingleStageDetector', set()),
    'dssd321': ('SingleStageDetector', set()),
    'dssd513': ('SingleStageDetector', set()),
}
BACKBONES = {
    'mobilenetv2': 'MobileNetV2',
    'r18': 'ResNet',
    'r50': 'ResNet',
    'r101': 'ResNet',
    'x101-32x4d': 'ResNeXt',
    'swin-t-p4-w7': 'SwinTransformer',
    'regnetx-3.2GF': 'RegNet',
    'effb3': 'EfficientNet',
    'vgg16': 'VGGMaps',
    'hourglass104': 'HourglassNet',
}
NECKS = {'fpn': 'FPN', 'bifpn': 'BiFPN', 'c4': None}
DATASETS = {
    'coco': 'CocoDataset',
    'synthetic': 'SyntheticSmallObjectDataset',
    'synthetic-sizes': 'SyntheticSmallObjectDataset',
    'deeppcb-160': 'DeepPCBDataset',
    'deeppcb-320': 'DeepPCBDataset',
    'visdrone': 'SmallObjectCocoDataset',
    'aitod': 'SmallObjectCocoDataset',
    'tinyperson': 'SmallObjectCocoDataset',
    'sodad': 'SmallObjectCocoDataset',
    'hit-uav': 'SmallObjectCocoDataset',
}


def any_of(names):
    return '|'.join(map(re.escape, names))


NAME = re.compile(
    rf'(?P<method>{any_of(METHODS)})'
    rf'(_(?P<backbone>{any_of(BACKBONES)})(?P<caffe>-caffe)?)?'
    rf'(_(?P<neck>{any_of(NECKS)}))?'
    r'([-_][a-z0-9-]+)*'
    rf'_(?P<dataset>{any_of(DATASETS)})'
)


def bases(path):
    """What a config names as its bases."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == '_base_':
            names = ast.literal_eval(node.value)
            return [names] if isinstance(names, str) else names
    return []


def own_bases(path):
    """Those that are files of this repository."""
    return [path.parent / base for base in bases(path) if '::' not in base]


def is_row_of_mmdet(path):
    """Whether it is a whole config of mmdet, whose data and hooks it keeps."""
    return any('::' in base and '::_base_' not in base for base in bases(path)) or any(
        map(is_row_of_mmdet, own_bases(path))
    )


def depth(path):
    return 1 + max(map(depth, own_bases(path)), default=0)


def runnable_depth(path):
    if '_base_' in path.parts:
        return 0
    return 1 + max(map(runnable_depth, own_bases(path)), default=0)


def test_config_follows_the_conventions(load, runnable):
    cfg = load(runnable)
    check_name(runnable, cfg)
    check_scores(runnable, cfg)
    check_hooks(runnable, cfg)
    check_survival(runnable, cfg)
    check_bases(runnable)


def check_name(path, cfg):
    """It says what the config holds."""
    match = NAME.fullmatch(path.stem)
    assert match, f'{path.stem} does not follow <method>_<backbone>_<neck>_..._<data>'
    kind, parts = METHODS[match['method']]
    assert cfg.model.type == kind
    named = {part for part in ('backbone', 'neck') if match[part]}
    assert parts <= named
    is_sodgan = match['method'].startswith('sodgan-')
    assert is_sodgan is (path.parent.name == 'sodgan')
    backbone = cfg.model.backbone
    if 'backbone' in named:
        assert backbone.type == BACKBONES[match['backbone']]
    if 'depth' in backbone and 'backbone' in named:
        assert backbone.depth == int(re.search(r'\d+', match['backbone']).group())
        assert (backbone.get('style') == 'caffe') is bool(match['caffe'])
    neck = cfg.model.get('neck')
    if 'neck' in named:
        assert (neck.type if neck else None) == NECKS[match['neck']]
    assert cfg.val_dataloader.dataset.type == DATASETS[match['dataset']]
    if match['dataset'].startswith('deeppcb'):
        side = cfg.hr_side // cfg.model.data_preprocessor.get('scale_factor', 2)
        assert side == int(match['dataset'].split('-')[1])


def check_scores(path, cfg):
    """Its detections are scored by object size, on the data that they are of."""
    for split in ('val', 'test'):
        dataset, evaluator = (
            cfg[f'{split}_dataloader'].dataset,
            cfg[f'{split}_evaluator'],
        )
        assert evaluator.type == 'SizeCocoMetric'
        assert {'bbox', 'bbox_size'} <= set(evaluator.metric)
        assert evaluator.ann_file == dataset.data_root + dataset.ann_file
        if path.stem.endswith('_coco'):
            assert evaluator.size_buckets == 'coco'


def check_hooks(path, cfg):
    """They build, and those that its parts need are among them."""
    cfgs = cfg.get('custom_hooks', [])
    for hook in cfgs:
        hook.pop('priority', None)  # is for the runner
    kinds = {type(HOOKS.build(hook)).__name__ for hook in cfgs}
    # Of the baselines only these learn from the HR image too.
    taught = path.parent.name != 'baselines' or path.stem.startswith(
        ('sr-', 'distilled-')
    )
    assert ('GANScheduleHook' in kinds) is taught
    # mmdet's own data loading does not resume exactly.
    assert ('ReseedHook' in kinds) is not is_row_of_mmdet(path)
    norm = (cfg.model.get('generator') or {}).get('norm_cfg') or {}
    assert norm.get('type') != 'BN' or 'PreciseBNHook' in kinds
    terms = cfg.model.get('composite_loss') or {}
    through_d = any(terms.get(x) for x in ('adv', 'cls', 'reg'))
    assert not through_d or 'GANWatchHook' in kinds


def check_survival(path, cfg):
    """A training outlives its process, except where it is mmdet's own."""
    if is_row_of_mmdet(path):
        return
    assert cfg.default_hooks.checkpoint.type == 'AtomicCheckpointHook'
    assert cfg.default_hooks.preemption.type == 'PreemptionHook'
    assert cfg.train_cfg.type == 'ResumableTrainLoop'


def check_bases(path):
    """They are there, and few levels deep."""
    assert all(base.is_file() for base in own_bases(path))
    assert runnable_depth(path) <= 3


def test_fragment_loads_and_has_at_most_two_levels_of_bases(fragment):
    assert len(Config.fromfile(str(fragment))) > 0
    check_bases(fragment)
    assert depth(fragment) <= 3
