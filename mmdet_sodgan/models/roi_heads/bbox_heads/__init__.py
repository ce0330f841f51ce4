from .multi_path_bbox_head import MultiPathBBoxHead

__all__ = ['MultiPathBBoxHead']
