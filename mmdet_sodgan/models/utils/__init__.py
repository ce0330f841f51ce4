from .cascade_corner_pool import CascadeCornerPool
from .center_pool import CenterPool
from .fine_level import FineLevel, Sight, as_map
from .full_precision import full_precision
from .level_strides import check_anchors, check_level_strides
from .pooled_rois import PooledRoIs, as_features, run_box_head
from .region_masks import is_small, region_masks, roi_masks
from .resample import resample
from .roi_pooling import for_roi_align, pool_rois
from .tiles import fill_in_tiles

__all__ = [
    'CascadeCornerPool',
    'CenterPool',
    'FineLevel',
    'PooledRoIs',
    'Sight',
    'as_features',
    'as_map',
    'check_anchors',
    'check_level_strides',
    'fill_in_tiles',
    'for_roi_align',
    'full_precision',
    'is_small',
    'pool_rois',
    'region_masks',
    'resample',
    'roi_masks',
    'run_box_head',
]
